/// Collects bytes and hands them out as lines; holds a bounded number of bytes.
package struct LineBuffer {
    /// The most bytes that may wait for their line's end.
    package let limit: Int
    private var bytes: [UInt8] = []
    /// Bytes before this position hold no line end; kept so that a long line is not searched again and again.
    private var searched = 0

    /// Makes an empty buffer for at most `limit` bytes.
    package init(limit: Int = 4096) {
        self.limit = limit
        bytes.reserveCapacity(limit)
    }

    /// How many more bytes fit.
    package var room: Int { limit - bytes.count }

    /// True when the buffer is full and still holds no whole line: the sender broke the line length limit.
    package var isOverlong: Bool { room == 0 && bytes.firstIndex(of: Self.lineEnd) == nil }

    /// True when ``nextLine()`` would return a line.
    package var hasLine: Bool { bytes[searched...].contains(Self.lineEnd) }

    /// Adds bytes; there must be ``room`` for them.
    package mutating func append(_ newBytes: some Collection<UInt8>) {
        precondition(newBytes.count <= room, "a line buffer of \(limit) bytes was overfilled")
        bytes.append(contentsOf: newBytes)
    }

    /// Takes the first whole line out, without its line end (LF or CR LF), or returns nil.
    package mutating func nextLine() -> String? {
        guard let end = bytes[searched...].firstIndex(of: Self.lineEnd) else {
            searched = bytes.count
            return nil
        }
        var line = bytes[..<end]
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        let text = String(decoding: line, as: UTF8.self)
        bytes.removeFirst(end + 1)
        searched = 0
        return text
    }

    private static let lineEnd = UInt8(ascii: "\n")
}
