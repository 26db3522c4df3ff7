/// What happened when, in seconds from one event on.
struct Timeline: Sendable {
    /// One line of it.
    struct Line: Encodable, Equatable, Sendable {
        /// Seconds from the origin.
        let seconds: Double
        let event: String
    }

    private var events: [(time: UInt64, event: String)] = []
    private var origin: UInt64?

    /// Adds an event.
    ///
    /// - Parameters:
    ///   - event: What happened.
    ///   - time: When, in nanoseconds since 1970.
    ///   - isOrigin: Whether to count from here; else the first event is where the count begins.
    mutating func add(_ event: String, at time: UInt64, isOrigin: Bool = false) {
        events.append((time, event))
        if isOrigin { origin = time }
    }

    /// The events in their order.
    var lines: [Line] {
        let sorted = events.sorted { $0.time < $1.time }
        guard let start = origin ?? sorted.first?.time else { return [] }
        return sorted.map { Line(seconds: Double(Int64($0.time) - Int64(start)) / 1e9, event: $0.event) }
    }

    /// The timeline as a person reads it; empty if nothing happened.
    var text: String {
        lines.map { line in
            let seconds = (line.seconds >= 0 ? "+" : "") + line.seconds.text(3)
            return String(repeating: " ", count: max(0, 10 - seconds.count)) + "\(seconds) s  \(line.event)\n"
        }.joined()
    }
}
