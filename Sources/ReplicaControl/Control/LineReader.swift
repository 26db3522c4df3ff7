internal import SystemKit

/// Reads lines of a bounded length from a connection.
struct LineReader {
    /// A line longer than the bound.
    struct TooLong: Error {}

    private let limit: Int
    private var waiting: [UInt8] = []

    /// Starts with nothing read.
    ///
    /// - Parameter limit: The longest line, in bytes (safety rule 6).
    init(limit: Int) { self.limit = limit }

    /// The next line without its line feed, or `nil` at the end of the stream; what stands there unfinished is lost.
    mutating func next(from descriptor: borrowing FileDescriptor) throws -> [UInt8]? {
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 16_384, alignment: 1)
        defer { chunk.deallocate() }
        while true {
            if let end = waiting.firstIndex(of: UInt8(ascii: "\n")) {
                let line = Array(waiting[..<end])
                waiting.removeSubrange(...end)
                return line
            }
            guard waiting.count <= limit else { throw TooLong() }
            let count = try descriptor.read(into: chunk)
            if count == 0 { return nil }
            waiting.append(contentsOf: chunk[..<count])
        }
    }
}
