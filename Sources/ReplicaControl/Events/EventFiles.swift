// Where the event log is, and what can go wrong with it.

internal import Glibc
internal import SystemKit

/// The two files of the event log.
enum EventFiles {
    /// The newest lines.
    static func current(in directory: String) -> String { directory + "/events.jsonl" }

    /// The lines before those.
    static func older(in directory: String) -> String { directory + "/events.jsonl.1" }

    /// What tells one file from another whatever its name; 0 when there is no file.
    static func identity(of path: String) -> UInt64 {
        var status = stat()
        return stat(path, &status) == 0 ? UInt64(status.st_ino) : 0
    }

    static func identity(of descriptor: borrowing FileDescriptor) -> UInt64 {
        var status = stat()
        return fstat(descriptor.number, &status) == 0 ? UInt64(status.st_ino) : 0
    }

    /// The size of an open file, in bytes.
    static func size(of descriptor: borrowing FileDescriptor) -> Int {
        var status = stat()
        return fstat(descriptor.number, &status) == 0 ? Int(status.st_size) : 0
    }

    /// Opens a file to read it.
    ///
    /// - Returns: `nil` when there is none.
    static func open(_ path: String) throws(SystemError) -> FileDescriptor? {
        do throws(SystemError) {
            return FileDescriptor(owning: try retrying("open \(path)") { Glibc.open(path, O_RDONLY | O_CLOEXEC) })
        } catch {
            if error.code == ENOENT { return nil }
            throw error
        }
    }
}
