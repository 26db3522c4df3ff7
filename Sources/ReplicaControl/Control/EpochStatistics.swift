/// Gathers epoch records into an ``EpochSummary``; keeps the last 1,000 pauses and latencies, allocated once.
public struct EpochStatistics: Sendable {
    private static let window = 1_000

    private var count: UInt64 = 0
    private var pages: UInt64 = 0
    private var rawBytes: UInt64 = 0
    private var bytes: UInt64 = 0
    private var longest: UInt64 = 0
    private var pauses: [UInt64] = []
    private var releases: [UInt64] = []
    /// How long the oldest frame of each epoch was held that held any, in microseconds.
    private var latencies: [UInt64] = []
    private var latencyCount: UInt64 = 0

    /// Starts with no epoch.
    public init() {
        pauses.reserveCapacity(Self.window)
        releases.reserveCapacity(Self.window)
        latencies.reserveCapacity(Self.window)
    }

    /// Adds one epoch.
    ///
    /// - Parameters:
    ///   - record: What it cost.
    ///   - nanoseconds: When it was released, on the monotonic clock.
    public mutating func add(_ record: EpochRecord, releasedAt nanoseconds: UInt64) {
        let slot = Int(count % UInt64(Self.window))
        if pauses.count < Self.window {
            pauses.append(record.suspendedMicroseconds)
            releases.append(nanoseconds)
        } else {
            pauses[slot] = record.suspendedMicroseconds
            releases[slot] = nanoseconds
        }
        if let latency = record.outputLatencyMicroseconds { add(latency: latency) }
        count += 1
        pages &+= record.dirtyPages
        rawBytes &+= record.rawBytes
        bytes &+= record.bytes
        longest = max(longest, record.suspendedMicroseconds)
    }

    private mutating func add(latency: UInt64) {
        if latencies.count < Self.window {
            latencies.append(latency)
        } else {
            latencies[Int(latencyCount % UInt64(Self.window))] = latency
        }
        latencyCount += 1
    }

    /// The figures so far, or `nil` before the first epoch; sorts, so it is for a reader and not for every epoch.
    public var summary: EpochSummary? {
        guard !pauses.isEmpty else { return nil }
        let sorted = pauses.sorted()
        let held = latencies.sorted()
        let earliest = releases.min() ?? 0
        let latest = releases.max() ?? 0
        let interval = releases.count > 1 ? Double(latest - earliest) / Double(releases.count - 1) / 1e6 : 0
        return EpochSummary(
            count: count, pages: pages, rawBytes: rawBytes, bytes: bytes,
            suspendedMillisecondsP50: Self.percentile(50, of: sorted),
            suspendedMillisecondsP99: Self.percentile(99, of: sorted),
            suspendedMillisecondsMax: Double(longest) / 1_000, intervalMilliseconds: interval,
            outputLatencyMillisecondsP50: held.isEmpty ? nil : Self.percentile(50, of: held),
            outputLatencyMillisecondsP99: held.isEmpty ? nil : Self.percentile(99, of: held))
    }

    /// The smallest value that is not exceeded by `percent` of 100 values, in milliseconds.
    private static func percentile(_ percent: Int, of sorted: [UInt64]) -> Double {
        let rank = (sorted.count * percent + 99) / 100
        return Double(sorted[max(rank, 1) - 1]) / 1_000
    }
}
