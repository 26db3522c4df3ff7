// Waits for new lines of the event log and gives them out, across rotations, without polling.

internal import Glibc
internal import SystemKit

/// Reads the log forward from a place on.
struct EventFollower: ~Copyable {
    private let directory: String
    private let watch: DirectoryWatch
    private var file: FileDescriptor?
    private var lines = LineReader(limit: EventRecord.lineLimit)
    private var identity: UInt64 = 0

    /// Begins to watch, so that nothing is missed between a reading made after this and ``follow(from:stop:take:)``.
    ///
    /// - Parameter directory: The state directory.
    /// - Throws: ``SystemKit/SystemError`` of inotify.
    init(directory: String) throws(SystemError) {
        self.directory = directory
        watch = try DirectoryWatch(directory)
    }

    /// Gives out every line from a place on, and then waits for more.
    ///
    /// - Parameters:
    ///   - place: Where an earlier reading ended.
    ///   - stop: Ends it when it can be read, or its other end was closed.
    ///   - take: Called with each line without its line feed, whole or not.
    /// - Throws: An error of a system call, or ``LineReader/TooLong``.
    mutating func follow(
        from place: EventReading.Place, stop: borrowing FileDescriptor, take: ([UInt8]) -> Void
    ) throws {
        try begin(at: place)
        while true {
            try advance(take)
            guard try watch.wait(orStop: stop) else { return }
        }
    }

    /// Opens the file that the earlier reading was in, whatever its name is by now.
    private mutating func begin(at place: EventReading.Place) throws(SystemError) {
        guard place.identity != 0 else { return }
        for path in [EventFiles.current(in: directory), EventFiles.older(in: directory)] {
            guard let opened = try EventFiles.open(path), EventFiles.identity(of: opened) == place.identity else {
                continue
            }
            let number = opened.number
            try retrying("lseek") { lseek(number, place.offset, SEEK_SET) }
            identity = place.identity
            file = consume opened
            return
        }
    }

    /// Gives out what there is, in this file and in those that took its place.
    private mutating func advance(_ take: ([UInt8]) -> Void) throws {
        while true {
            // Looked at before the last read: a file that lost its name gets no line any more.
            let current = EventFiles.identity(of: EventFiles.current(in: directory))
            try drain(take)
            if current == 0 || current == identity { return }
            // More than one rotation since the last look: the file between is the older one now.
            let older = EventFiles.identity(of: EventFiles.older(in: directory))
            let isBetween = older != 0 && identity != 0 && older != identity
            let path = isBetween ? EventFiles.older(in: directory) : EventFiles.current(in: directory)
            guard let opened = try EventFiles.open(path) else { return }
            identity = EventFiles.identity(of: opened)
            file = consume opened
            lines = LineReader(limit: EventRecord.lineLimit)
        }
    }

    private mutating func drain(_ take: ([UInt8]) -> Void) throws {
        guard let open = file.take() else { return }
        let number = open.number
        // A file that somebody has emptied begins anew.
        if EventFiles.size(of: open) < Int(lseek(number, 0, SEEK_CUR)) {
            lseek(number, 0, SEEK_SET)
            lines = LineReader(limit: EventRecord.lineLimit)
        }
        while let line = try lines.next(from: open) { take(line) }
        file = consume open
    }
}
