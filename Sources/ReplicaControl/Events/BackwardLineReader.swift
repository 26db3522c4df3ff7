// Reads the lines of a file from its end, so that the newest of a long log cost little.

internal import Glibc
internal import SystemKit

/// The lines of one open file as it was when the reader was made, the newest first.
struct BackwardLineReader: ~Copyable {
    private static let chunk = 65_536

    private let file: FileDescriptor
    /// Bytes before this place are not read yet.
    private var position: Int
    /// What was read and not given out; it ends where the lines that were given out begin.
    private var waiting: [UInt8] = []
    /// The line that is being read is longer than any of ours.
    private var isOversized = false

    /// Where the last whole line ends, in bytes from the file's begin.
    let end: Int
    /// Whether something that is no whole line follows it.
    let isTorn: Bool

    /// Begins at the end of a file.
    ///
    /// - Parameter file: The open file.
    /// - Throws: ``SystemKit/SystemError`` of `pread`.
    init(_ file: consuming FileDescriptor) throws(SystemError) {
        let size = EventFiles.size(of: file)
        var end = size
        // A torn line ends the file at most once, so its length is that of a line; whatever is longer is no log.
        var tail: [UInt8] = []
        while end > 0, !tail.contains(UInt8(ascii: "\n")) {
            let start = max(0, end - Self.chunk)
            tail = try Self.read(file, from: start, count: end - start)
            guard let feed = tail.lastIndex(of: UInt8(ascii: "\n")) else {
                end = start
                continue
            }
            end = start + feed + 1
        }
        self.end = end
        isTorn = end < size
        position = end
        self.file = file
    }

    /// What names the file whatever its path.
    var identity: UInt64 { EventFiles.identity(of: file) }

    /// The next older line without its line feed; an empty one in place of a line that is too long to be ours.
    ///
    /// - Returns: `nil` at the begin of the file.
    /// - Throws: ``SystemKit/SystemError`` of `pread`.
    mutating func next() throws(SystemError) -> [UInt8]? {
        while true {
            // The line's own feed is the last byte; the one before it ends the older line.
            if let feed = waiting.dropLast().lastIndex(of: UInt8(ascii: "\n")) { return take(from: feed + 1) }
            if position == 0 { return waiting.isEmpty ? nil : take(from: 0) }
            if waiting.count > EventRecord.lineLimit {
                isOversized = true
                waiting = Array(waiting.suffix(1))
            }
            let start = max(0, position - Self.chunk)
            waiting = try Self.read(file, from: start, count: position - start) + waiting
            position = start
        }
    }

    private mutating func take(from start: Int) -> [UInt8] {
        let line = Array(waiting[start...].dropLast())
        waiting.removeSubrange(start...)
        defer { isOversized = false }
        return isOversized ? [] : line
    }

    private static func read(
        _ file: borrowing FileDescriptor, from start: Int, count: Int
    ) throws(SystemError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        let number = file.number
        while done < count {
            let place = done
            let got = try retrying("pread") {
                bytes.withUnsafeMutableBytes {
                    pread(number, $0.baseAddress?.advanced(by: place), count - place, start + place)
                }
            }
            // Cut shorter by somebody meanwhile: what is missing reads as no line.
            if got == 0 { break }
            done += got
        }
        return bytes
    }
}
