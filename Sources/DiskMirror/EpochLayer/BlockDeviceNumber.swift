internal import CLinux
internal import Glibc
internal import SystemKit

/// The number of a block device, by which device-mapper's tables name it whatever its nodes are.
public struct BlockDeviceNumber: Hashable, Sendable, CustomStringConvertible {
    /// The number of the driver.
    public let major: UInt32
    /// The number of the device of that driver.
    public let minor: UInt32

    /// Makes a number.
    public init(major: UInt32, minor: UInt32) {
        self.major = major
        self.minor = minor
    }

    /// Asks for the number of a device's node.
    ///
    /// - Parameter path: The node, or a link to it.
    /// - Throws: ``EpochLayerError/system(action:object:code:)``, with `ENOTBLK` for anything but a block device.
    public init(path: String) throws(EpochLayerError) {
        var major: UInt32 = 0
        var minor: UInt32 = 0
        let result = rc_block_device_number(path, &major, &minor)
        guard result >= 0 else { throw .system(action: "find the block device", object: path, code: -result) }
        self.init(major: major, minor: minor)
    }

    /// Reads the form `253:0`; anything else gives `nil`.
    init?(text: some StringProtocol) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let major = UInt32(parts[0]), let minor = UInt32(parts[1]) else { return nil }
        self.init(major: major, minor: minor)
    }

    /// The form that tables have: `253:0`.
    public var description: String { "\(major):\(minor)" }
}
