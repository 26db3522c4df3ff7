internal import CLinux
internal import Glibc

/// Tells when a file of a directory grew, came, went or was renamed, by inotify; closed once.
public struct DirectoryWatch: ~Copyable, Sendable {
    private let descriptor: FileDescriptor

    /// Begins to watch; changes from here on are told.
    ///
    /// - Parameter path: The directory.
    /// - Throws: ``SystemError`` of `inotify_init1` or `inotify_add_watch`.
    public init(_ path: String) throws(SystemError) {
        let opened = FileDescriptor(
            owning: try retrying("inotify_init1") { inotify_init1(Int32(IN_CLOEXEC)) })
        let number = opened.number
        let changes = UInt32(IN_MODIFY | IN_CREATE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE)
        try retrying("inotify_add_watch \(path)") { inotify_add_watch(number, path, changes) }
        descriptor = consume opened
    }

    /// Waits until something has changed since the last wait.
    ///
    /// - Parameter stop: Ends the wait when it can be read, or its other end was closed.
    /// - Returns: `false` when `stop` ended the wait.
    /// - Throws: ``SystemError`` of `poll` or `read`.
    public borrowing func wait(orStop stop: borrowing FileDescriptor) throws(SystemError) -> Bool {
        var waits = [
            pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0),
            pollfd(fd: stop.number, events: Int16(POLLIN), revents: 0),
        ]
        try retrying("poll") { poll(&waits, 2, -1) }
        if waits[1].revents != 0 { return false }
        // What changed is of no interest here: the reader looks at the files themselves.
        let events = UnsafeMutableRawBufferPointer.allocate(byteCount: 16_384, alignment: 8)
        defer { events.deallocate() }
        _ = try descriptor.read(into: events)
        return true
    }
}
