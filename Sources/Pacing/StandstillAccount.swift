internal import ReplicaModel

/// Counts how long a guest has stood still against a share of its time that it may: time pays in, epochs take out.
///
/// Over any length of time the guest stands still for at most the share of it, the account's capacity and one epoch, as
/// long as epochs begin only when they are affordable. A debt is bounded, so that it is paid off in the end.
struct StandstillAccount: Equatable, Sendable {
    /// How much of 100 the guest may stand still.
    var percent: UInt64 {
        didSet { level = max(min(level, capacity), -capacity) }
    }
    /// What the account holds at most, as the time of which it is the share, in nanoseconds.
    let window: UInt64
    private var level: Int64
    private var paidUntil: MonotonicTime

    /// Makes a full account.
    init(percent: UInt64, window: UInt64, at now: MonotonicTime) {
        self.percent = percent
        self.window = window
        paidUntil = now
        level = Int64(percent) * Int64(window / 100)
    }

    /// What it holds at most, in nanoseconds.
    var capacity: Int64 { Int64(percent) * Int64(window / 100) }

    /// Takes out what an epoch cost.
    mutating func spend(_ standstill: UInt64, at now: MonotonicTime) {
        level = max(level(at: now) - Int64(clamping: standstill), -capacity)
        paidUntil = max(paidUntil, now)
    }

    /// When an epoch of this cost is affordable; `nil` for never.
    ///
    /// One that costs more than the account can hold is affordable when it is full.
    func affordable(_ standstill: UInt64, from now: MonotonicTime) -> MonotonicTime? {
        guard percent > 0 else { return nil }
        let missing = min(Int64(clamping: standstill), capacity) - level(at: now)
        guard missing > 0 else { return now }
        return MonotonicTime(nanoseconds: now.nanoseconds + UInt64(missing) * 100 / percent)
    }

    private func level(at now: MonotonicTime) -> Int64 {
        let elapsed = min(now.nanoseconds(since: paidUntil), 2 * window)
        return min(level + Int64(elapsed / 100 * percent), capacity)
    }
}
