/// What a ``LatencyClient`` asks a service of the guest, again and again: one line each, answered by one line.
package enum LatencyLoad: String, CaseIterable {
    /// Echoes of the counter.
    case echo
    /// Sets and counts of Redis, over random keys.
    case redis

    /// Keys of Redis that are written.
    package static let keys = 10_000
    /// Bytes of a value that Redis is given.
    package static let valueBytes = 256

    /// The port that the guest image uses.
    package var port: UInt16 {
        switch self {
        case .echo: 7000
        case .redis: 6379
        }
    }

    /// The line that opens a connection, and is not answered.
    package var opening: String? {
        switch self {
        // The counter's own lines would be work that nobody asked for.
        case .echo: "RATE 60000"
        case .redis: nil
        }
    }

    /// The request with a number, from 1.
    ///
    /// - Parameter number: Its number.
    /// - Returns: The line, without its end.
    package func request(_ number: UInt64) -> String {
        switch self {
        case .echo: return "ECHO \(number)"
        case .redis:
            // A multiplication spreads the keys; the values differ from round to round.
            let key = number &* 0x9E37_79B9_7F4A_7C15 % UInt64(Self.keys)
            if number.isMultiple(of: 2) { return "INCR count:\(key)" }
            let word = String(number, radix: 16)
            let value = String(repeating: word, count: Self.valueBytes / word.utf8.count)
            return "SET key:\(key) \(value)"
        }
    }

    /// Whether a line is an answer to the request with a number; nil for a line that answers nothing.
    package func judge(_ line: String, number: UInt64) -> Bool? {
        switch self {
        case .echo:
            guard line.hasPrefix("ECHO ") || line.hasPrefix("ERROR") else { return nil }
            return line.hasSuffix(" \(number)")
        case .redis: return number.isMultiple(of: 2) ? line.hasPrefix(":") : line == "+OK"
        }
    }
}
