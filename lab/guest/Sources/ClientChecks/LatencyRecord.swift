/// All latencies of a run, of which only a few figures are wanted at its end.
package struct LatencyRecord {
    /// The most that are kept; those after them are only counted.
    package static let bound = 1_000_000

    /// Answers.
    package private(set) var count = 0
    private var latencies: [UInt64] = []

    /// Makes an empty record.
    package init() {}

    /// Adds one latency, in nanoseconds.
    package mutating func add(_ latency: UInt64) {
        count += 1
        if latencies.count < Self.bound { latencies.append(latency) }
    }

    /// The fields of the result file.
    package var jsonFields: [(String, JSONValue)] {
        let sorted = latencies.sorted()
        func percentile(_ percent: Int) -> JSONValue {
            guard !sorted.isEmpty else { return .null }
            return .unsigned(sorted[max((sorted.count * percent + 99) / 100, 1) - 1])
        }
        return [
            ("answered", .count(count)), ("latency_p50_ns", percentile(50)), ("latency_p90_ns", percentile(90)),
            ("latency_p99_ns", percentile(99)), ("latency_max_ns", .optional(sorted.last)),
        ]
    }
}
