public import ReplicaModel

/// What the operator asked of one domain's rhythm, and the bounds that it keeps to; may change while epochs run.
public struct PacingRules: Equatable, Sendable {
    /// What an epoch's begin is derived from.
    public enum Goal: Equatable, Sendable {
        /// A fixed time from one epoch's begin to the next one's.
        case interval(Milliseconds)
        /// A bound for the time that 99 of 100 frames are held; the interval follows from what an epoch takes.
        case latency(Milliseconds)
    }

    /// What the begin is derived from.
    public var goal: Goal
    /// The least time between two begins, with a latency budget.
    public var least: Milliseconds
    /// The longest epoch: that of a guest with nothing to say, and the longest to which back-pressure stretches one.
    public var most: Milliseconds
    /// How much of 100 the guest may stand still for epochs that begin early because output waits; 0 for no such epochs.
    public var earlyPercent: UInt64
    /// How much of 100 the guest may stand still for a latency budget; the budget is exceeded rather than this.
    public var standstillPercent: UInt64
    /// How much of 100 of its processor time a throttled guest keeps at least; 100 for no throttling.
    public var throttleFloor: UInt64
    /// How long the strongest throttling may be too weak before the protection is given up.
    public var overloadPatience: Milliseconds
    /// How long the backup may take to acknowledge before it counts as lost.
    public var acknowledgeBound: Milliseconds
    /// How many pages a checkpoint may have.
    public var pageCapacity: UInt64

    /// Makes rules of their parts; percents are of 100.
    public init(
        goal: Goal, least: Milliseconds, most: Milliseconds, earlyPercent: UInt64, standstillPercent: UInt64,
        throttleFloor: UInt64, overloadPatience: Milliseconds, acknowledgeBound: Milliseconds, pageCapacity: UInt64
    ) {
        self.goal = goal
        self.least = least
        self.most = most
        self.earlyPercent = earlyPercent
        self.standstillPercent = standstillPercent
        self.throttleFloor = throttleFloor
        self.overloadPatience = overloadPatience
        self.acknowledgeBound = acknowledgeBound
        self.pageCapacity = pageCapacity
    }

    /// The longest epoch of these rules: a fixed interval that is longer than ``most`` is meant.
    var longest: Milliseconds {
        switch goal {
        case .interval(let interval): max(interval, most)
        case .latency: max(least, most)
        }
    }

    /// The longest that sending a checkpoint and its acknowledgement may take before the guest is throttled.
    ///
    /// Half of what the backup may take at all: the throttle has to act before the backup counts as lost.
    var transferBound: UInt64 { min(longest.nanoseconds, acknowledgeBound.nanoseconds / 2) }
}
