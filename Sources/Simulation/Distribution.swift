/// Times in whole milliseconds, in classes of ten, so that any number of them takes the same room.
public struct Distribution: Equatable, Sendable {
    private static let width: UInt64 = 10
    private static let classes = 6_000

    private var counts: [UInt64] = []
    /// How many there are.
    public private(set) var count: UInt64 = 0
    /// The longest.
    public private(set) var maximum: UInt64 = 0
    private var sum: UInt64 = 0

    /// Makes one of no times.
    public init() {}

    /// Takes a time in.
    public mutating func add(_ time: UInt64) {
        if counts.isEmpty { counts = Array(repeating: 0, count: Self.classes) }
        counts[min(Int(time / Self.width), Self.classes - 1)] += 1
        count += 1
        sum += time
        maximum = max(maximum, time)
    }

    mutating func merge(_ other: Distribution) {
        if counts.isEmpty { counts = Array(repeating: 0, count: Self.classes) }
        for (index, value) in other.counts.enumerated() { counts[index] += value }
        count += other.count
        sum += other.sum
        maximum = max(maximum, other.maximum)
    }

    /// The time that this share of them does not exceed, to within 10 ms; 0 when there are none.
    ///
    /// - Parameter share: In `0...1`.
    /// - Returns: Milliseconds.
    public func quantile(_ share: Double) -> UInt64 {
        var left = UInt64((Double(count) * share).rounded(.up))
        for (index, value) in counts.enumerated() {
            if value >= left { return count == 0 ? 0 : min(maximum, (UInt64(index) + 1) * Self.width) }
            left -= value
        }
        return maximum
    }

    /// Their mean; 0 when there are none.
    public var mean: Double { count == 0 ? 0 : Double(sum) / Double(count) }
}

extension Distribution: Encodable {
    private enum Key: String, CodingKey { case count, meanMs, medianMs, p90Ms, p99Ms, maximumMs }

    /// Writes the figures that are asked for, not the classes.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(count, forKey: .count)
        try container.encode(mean, forKey: .meanMs)
        try container.encode(quantile(0.5), forKey: .medianMs)
        try container.encode(quantile(0.9), forKey: .p90Ms)
        try container.encode(quantile(0.99), forKey: .p99Ms)
        try container.encode(maximum, forKey: .maximumMs)
    }
}
