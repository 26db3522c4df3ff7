internal import Glibc
internal import SystemKit

/// Takes lines, and counted bytes, from a descriptor.
struct LineReader: ~Copyable {
    private let descriptor: FileDescriptor
    private var waiting: [UInt8] = []

    /// A line that goes on for more bytes is given in pieces (safety rule 6).
    private static let longestLine = 65_536

    /// Takes over a descriptor.
    init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }

    /// What came of waiting for a line.
    enum Outcome: Equatable {
        case line(String)
        case end
        case timedOut
    }

    /// Waits for a line.
    ///
    /// - Parameter deadline: Nanoseconds of ``Clock/monotonic``; `nil` waits for ever.
    /// - Returns: The line without its end; an unfinished line, or an error of `read`, counts as the end.
    mutating func line(until deadline: UInt64?) -> Outcome {
        while true {
            if let end = waiting.firstIndex(of: 0x0A) {
                let line = String(decoding: waiting[..<end], as: UTF8.self)
                waiting.removeSubrange(...end)
                return .line(line)
            }
            if waiting.count >= Self.longestLine {
                defer { waiting.removeAll() }
                return .line(String(decoding: waiting, as: UTF8.self))
            }
            guard isReadable(until: deadline) else { return .timedOut }
            if fill() == 0 { return .end }
        }
    }

    /// Waits for a number of bytes.
    ///
    /// - Parameter count: How many.
    /// - Returns: Fewer only at the end of the stream.
    mutating func bytes(_ count: Int) -> [UInt8] {
        while waiting.count < count, fill() > 0 {}
        let taken = Array(waiting.prefix(count))
        waiting.removeFirst(taken.count)
        return taken
    }

    /// Writes to the same descriptor, when it is a connection.
    ///
    /// - Parameter text: What to write.
    /// - Throws: ``SystemError`` of `write`.
    borrowing func write(_ text: String) throws(SystemError) { try descriptor.writeAll(text) }

    private mutating func fill() -> Int {
        var chunk = [UInt8](repeating: 0, count: 4096)
        let count = chunk.withUnsafeMutableBytes { buffer in (try? descriptor.read(into: buffer)) ?? 0 }
        waiting += chunk.prefix(count)
        return count
    }

    private func isReadable(until deadline: UInt64?) -> Bool {
        guard let deadline else { return true }
        while true {
            let now = Clock.monotonic
            let left = deadline > now ? Int32(clamping: (deadline - now + 999_999) / 1_000_000) : 0
            var request = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
            let result = poll(&request, 1, left)
            if result > 0 { return true }
            if result == 0 { return false }
        }
    }
}
