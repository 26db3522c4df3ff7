internal import ReplicaModel

/// By how much this host's beats were late of late: what the peer is told, so that it does not take lateness for death.
struct RecentLateness: Equatable, Sendable {
    /// Two of these are looked at: the one that runs and the one before.
    private static let window: Milliseconds = 1000

    private var since: MonotonicTime
    private var present: UInt64 = 0
    private var before: UInt64 = 0

    init(startedAt now: MonotonicTime) { since = now }

    /// The most nanoseconds by which a beat was late in the last second or two.
    var worst: UInt64 { max(present, before) }

    /// Takes a beat into account.
    mutating func record(_ nanoseconds: UInt64, at now: MonotonicTime) {
        if now.nanoseconds(since: since) >= Self.window.nanoseconds {
            before = present
            present = 0
            since = now
        }
        present = max(present, nanoseconds)
    }
}
