internal import Glibc

/// Small files that are there with their old or their new content after a crash, and with no other.
public enum DurableFile {
    /// Replaces a file, or makes it: new content under another name, to the medium, then the rename, then the folder.
    ///
    /// - Parameters:
    ///   - path: The file; its folder must be there.
    ///   - bytes: The whole content.
    ///   - mode: The rights of a new file.
    /// - Throws: ``SystemError``; the old file is there then.
    public static func replace(_ path: String, with bytes: [UInt8], mode: UInt32) throws(SystemError) {
        let temporary = path + ".new"
        let file = FileDescriptor(
            owning: try retrying("open") { open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode_t(mode)) })
        try bytes.span.bytes.withUnsafeBytes { (raw) throws(SystemError) in try file.writeAll(raw) }
        let number = file.number
        // Whatever the mask of the caller is.
        try retrying("fchmod") { fchmod(number, mode_t(mode)) }
        try retrying("fsync") { fsync(number) }
        try retrying("rename") { rename(temporary, path) }
        try synchronizeFolder(of: path)
    }

    /// Deletes a file; one that is gone already is no error.
    ///
    /// - Parameter path: The file.
    /// - Throws: ``SystemError``.
    public static func remove(_ path: String) throws(SystemError) {
        if unlink(path) != 0 && errno != ENOENT { throw .last("unlink") }
        try synchronizeFolder(of: path)
    }

    private static func synchronizeFolder(of path: String) throws(SystemError) {
        let name = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let folder = FileDescriptor(
            owning: try retrying("open") { open(name.isEmpty ? "/" : name, O_RDONLY | O_DIRECTORY | O_CLOEXEC) })
        let number = folder.number
        try retrying("fsync") { fsync(number) }
    }
}
