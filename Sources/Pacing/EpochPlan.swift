public import ReplicaModel

/// Why an epoch begins when it does; the word is shown in `status` and never changes its meaning.
public enum EpochTrigger: String, Codable, CaseIterable, Sendable {
    /// The fixed interval is over.
    case fixed
    /// Output waits, and an early epoch is within its bounds.
    case output
    /// Output waits, and would be held for longer than the budget by a later begin.
    case budget
    /// No output waits, and the longest epoch is over.
    case longest
    /// The guest wrote so much that a later checkpoint would not fit the budget or the staging memory.
    case memory
    /// The link or the backup needs longer than the epoch was to last.
    case backPressure = "back-pressure"
    /// An earlier begin would make the guest stand still for too much of its time.
    case standstill
    /// The backup's undo log fills up, or the domain is to be moved.
    case demand
}

/// When the next epoch begins, as things stand.
public struct EpochPlan: Equatable, Sendable {
    /// When it begins; in the past where it is due.
    public var start: MonotonicTime
    /// Why then.
    public var trigger: EpochTrigger
    /// When to ask Xen how much the guest has written, at most; `nil` where that changes nothing.
    public var look: MonotonicTime?

    /// Makes a plan.
    public init(start: MonotonicTime, trigger: EpochTrigger, look: MonotonicTime? = nil) {
        self.start = start
        self.trigger = trigger
        self.look = look
    }
}
