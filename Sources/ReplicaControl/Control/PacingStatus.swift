public import Pacing

/// How the epochs of one domain are paced, and what its clients notice of it.
public struct PacingStatus: Codable, Equatable, Sendable {
    /// The fixed interval that is asked for, in milliseconds; absent with a latency budget.
    public var intervalMilliseconds: UInt64?
    /// The latency budget that is asked for, in milliseconds; absent with a fixed interval.
    public var outputLatencyBudgetMilliseconds: UInt64?
    /// Whether `replicactl tune` asked for it, and not the configuration.
    public var tuned: Bool
    /// The interval that is aimed at now, in milliseconds: with a budget, that of a guest which sends always.
    public var aimedMilliseconds: UInt64
    /// Why the last epoch began when it did.
    public var trigger: EpochTrigger
    /// How much of 100 of its processor time the guest keeps.
    public var processorPercent: UInt64
    /// Why the guest has not got its processor time back that it is to have again; absent where it has.
    public var liftFailure: String?

    /// Makes a status.
    public init(
        intervalMilliseconds: UInt64? = nil, outputLatencyBudgetMilliseconds: UInt64? = nil, tuned: Bool = false,
        aimedMilliseconds: UInt64, trigger: EpochTrigger, processorPercent: UInt64 = 100, liftFailure: String? = nil
    ) {
        self.intervalMilliseconds = intervalMilliseconds
        self.outputLatencyBudgetMilliseconds = outputLatencyBudgetMilliseconds
        self.tuned = tuned
        self.aimedMilliseconds = aimedMilliseconds
        self.trigger = trigger
        self.processorPercent = processorPercent
        self.liftFailure = liftFailure
    }
}
