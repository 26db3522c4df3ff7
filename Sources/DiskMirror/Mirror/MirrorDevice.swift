internal import Glibc
internal import SystemKit

/// A guest's block device, recognised as one of DRBD's.
public struct MirrorDevice: Equatable, Sendable {
    /// The number N of `/dev/drbdN`.
    public let minor: UInt32

    /// Recognises a block device by its number, whatever its path.
    ///
    /// - Parameter path: Such as `/dev/drbd0` or a link to it.
    /// - Throws: ``MirrorError/notMirrored(path:major:minor:)`` when it is another device, or no device at all (0:0);
    ///   ``MirrorError/system(action:reason:)`` when it is not there.
    public init(path: String) throws(MirrorError) {
        var information = stat()
        do throws(SystemError) {
            try retrying("stat") { stat(path, &information) }
        } catch {
            throw .system(action: "look at the disk \(path)", reason: error.description)
        }
        let isBlockDevice = information.st_mode & S_IFMT == S_IFBLK
        try self.init(path: path, device: isBlockDevice ? UInt64(information.st_rdev) : 0)
    }

    /// Recognises a device number in the form of `stat`.
    init(path: String, device: UInt64) throws(MirrorError) {
        let major = UInt32(truncatingIfNeeded: (device >> 8 & 0xFFF) | (device >> 32 & 0xFFFF_F000))
        let minor = UInt32(truncatingIfNeeded: (device & 0xFF) | (device >> 12 & 0xFFFF_FF00))
        guard major == DRBDInterface.major else { throw .notMirrored(path: path, major: major, minor: minor) }
        self.minor = minor
    }
}
