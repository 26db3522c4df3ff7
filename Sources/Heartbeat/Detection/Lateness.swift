public import ReplicaModel

/// How late the service's own loop was, so that a busy host does not mistake itself for a dead peer.
public struct Lateness: Sendable {
    /// The upper bounds of the histogram's classes in microseconds; a last class has the rest.
    public static let bounds: [UInt64] = [
        100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000,
    ]

    /// Nanoseconds by which the last beat was late.
    public internal(set) var last: UInt64 = 0
    /// Nanoseconds by which the latest beat of all was late.
    public internal(set) var maximum: UInt64 = 0
    /// How many beats were so late that silence was not counted.
    public internal(set) var graces: UInt64 = 0
    /// The last beat that was so late: before it, no silence counts.
    public internal(set) var graceSince: MonotonicTime?
    /// Held in place, so that a copy in each report allocates nothing.
    var counts = [12 of UInt64](repeating: 0)

    /// No beat yet.
    public init() {}

    /// How many beats were late by less than each bound, and then by more than the last.
    public var histogram: [UInt64] { counts.indices.map { counts[$0] } }

    /// Takes a beat into account.
    mutating func record(_ nanoseconds: UInt64) {
        last = nanoseconds
        maximum = max(maximum, nanoseconds)
        counts[Self.bounds.firstIndex { nanoseconds < $0 * 1000 } ?? Self.bounds.count] += 1
    }
}

extension Lateness: Equatable {
    /// Whether both counted the same.
    public static func == (left: Lateness, right: Lateness) -> Bool {
        left.last == right.last && left.maximum == right.maximum && left.graces == right.graces
            && left.graceSince == right.graceSince
            && left.counts.indices.allSatisfy { left.counts[$0] == right.counts[$0] }
    }
}
