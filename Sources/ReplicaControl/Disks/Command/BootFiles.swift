internal import DiskMirror
internal import Glibc
internal import SystemKit

/// The files that say which disks are put on the epoch layer before DRBD starts: one a resource, with one line, the
/// backing device.
struct BootFiles: Sendable {
    /// No path of a device is longer, in bytes.
    private static let sizeLimit = 4096

    /// The root of the file system; another one in tests.
    var root = ""

    private var folder: String { root + "/etc/replicactl/disks.d" }

    /// The file of a resource.
    func path(of resource: String) -> String { "\(folder)/\(resource)" }

    /// The resources that have a file, sorted; what an editor or a crash left beside them is passed over.
    func resources() -> [String] {
        ResourceFiles.names(in: folder).filter { !$0.hasPrefix(".") && !$0.hasSuffix(".new") && !$0.hasSuffix("~") }
    }

    /// The backing device of a resource.
    ///
    /// - Parameter resource: The resource.
    /// - Returns: The device's path, or `nil` without a file.
    /// - Throws: ``SystemError``; `EINVAL` when the file has anything but one absolute path.
    func backing(of resource: String) throws(SystemError) -> String? {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try FileDescriptor.contents(of: path(of: resource), atMost: Self.sizeLimit)
        } catch {
            if error.code == ENOENT { return nil }
            throw error
        }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        guard lines.count == 1, let line = lines.first, line.hasPrefix("/"), !line.contains(where: \.isWhitespace)
        else {
            throw SystemError(code: EINVAL, call: "read \(path(of: resource)), which has to have one line, the device")
        }
        return String(line)
    }

    /// Writes a resource's file.
    func write(_ backing: String, of resource: String) throws(SystemError) {
        for path in [root + "/etc/replicactl", folder] where mkdir(path, 0o755) != 0 && errno != EEXIST {
            throw .last("mkdir \(path)")
        }
        try DurableFile.replace(path(of: resource), with: Array("\(backing)\n".utf8), mode: 0o644)
    }

    /// Deletes a resource's file.
    func remove(_ resource: String) throws(SystemError) {
        guard access(path(of: resource), F_OK) == 0 else { return }
        try DurableFile.remove(path(of: resource))
    }
}
