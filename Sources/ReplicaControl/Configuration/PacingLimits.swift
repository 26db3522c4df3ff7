/// The values that an operator may choose for a guest's rhythm, in the configuration and with `replicactl tune` alike.
enum PacingLimits {
    /// Intervals, in milliseconds: below, an epoch costs more than the guest gets done in it; above, nobody waits for an
    /// answer any more.
    static let interval: ClosedRange<UInt64> = 5...10_000
    /// Latency budgets, in milliseconds.
    static let outputLatency: ClosedRange<UInt64> = 10...10_000
}
