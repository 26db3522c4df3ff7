// Pacing: when the next epoch of one guest begins, and how much of its processor time the guest keeps; no clock, no I/O.

public import ReplicaModel

/// Decides when the next epoch begins: what happens and the time in, the begin out.
///
/// Under a fixed interval every epoch begins when the interval is over. Under a latency budget a guest with nothing to say
/// is checkpointed rarely, and one that has sent something at once, as long as it does not stand still for too much of its
/// time because of that; then as late as the budget allows. Either way an epoch begins no later than the longest one ends,
/// and one that the link or the backup cannot follow is stretched, before the guest is throttled.
public struct Pacer: Equatable, Sendable {
    /// What the operator asked for; may change at any time.
    public var rules: PacingRules {
        didSet {
            early.percent = rules.earlyPercent
            standstill.percent = rules.standstillPercent
        }
    }
    /// How much of 100 of its processor time the guest keeps.
    public var throttlePercent: UInt64 { throttle.percent }
    /// How long the output that the last epoch covered was held: that of its oldest frame, in nanoseconds.
    public private(set) var outputLatency: UInt64?
    /// Why the last epoch began when it did.
    public private(set) var trigger = EpochTrigger.fixed

    private var begun: MonotonicTime?
    /// When the last epoch was to begin.
    private var due: MonotonicTime
    private var released: MonotonicTime
    private var transfer: UInt64 = 0
    private var lastStandstill: UInt64 = 0
    /// When the oldest frame came that no checkpoint covers.
    private var outputSince: MonotonicTime?
    /// The same of the epoch that is on its way.
    private var coveredSince: MonotonicTime?
    private var writtenPages: UInt64 = 0
    private var lookedAt: MonotonicTime
    private var isDemanded = false
    private var reach = ReachEstimate()
    private var early: StandstillAccount
    private var standstill: StandstillAccount
    private var throttle = Throttle()
    private var throttleFailures = 0
    private var hasFinished = false

    /// The share of an epoch that the link may be busy with it; the rest is left to heartbeats and to other guests.
    private static let busyPercent: UInt64 = 90
    private static let mostThrottleFailures = 3
    private static let earlyWindow: UInt64 = 2_000_000_000
    private static let standstillWindow: UInt64 = 1_000_000_000

    /// Starts with an epoch that is due at once.
    ///
    /// - Parameters:
    ///   - rules: What the operator asked for.
    ///   - now: This host's time.
    public init(rules: PacingRules, at now: MonotonicTime) {
        self.rules = rules
        due = now
        released = now
        lookedAt = now
        early = StandstillAccount(percent: rules.earlyPercent, window: Self.earlyWindow, at: now)
        standstill = StandstillAccount(percent: rules.standstillPercent, window: Self.standstillWindow, at: now)
    }

    /// The interval that is aimed at now: the fixed one, or the longest that keeps the budget of a guest that sends always.
    public var interval: Milliseconds {
        switch rules.goal {
        case .interval(let interval): return interval
        case .latency(let budget):
            let left = budget.nanoseconds - min(budget.nanoseconds, reach.time(pages: 0))
            return max(rules.least, min(rules.longest, Milliseconds(rawValue: left / 1_000_000)))
        }
    }

    // MARK: What happens

    /// A frame of the guest waits that no checkpoint covers; only the oldest of an epoch matters.
    public mutating func outputWaits(since arrival: MonotonicTime) {
        outputSince = min(outputSince ?? arrival, arrival)
    }

    /// So many pages were written since the last checkpoint, as far as Xen knows.
    public mutating func wrote(pages: UInt64, at now: MonotonicTime) {
        writtenPages = pages
        lookedAt = now
    }

    /// A checkpoint is wanted at once, whatever the interval.
    public mutating func demand() { isDemanded = true }

    /// The guest could not be throttled.
    ///
    /// What fails three times is not tried again: from then on there is nothing between longer epochs and giving up.
    public mutating func throttleFailed() {
        throttleFailures += 1
        throttle.reset()
    }

    /// The planned epoch begins.
    ///
    /// - Parameters:
    ///   - plan: What was planned.
    ///   - now: This host's time.
    public mutating func begin(_ plan: EpochPlan, at now: MonotonicTime) {
        // What began late because the host was busy will do so again; what waited for the epoch before will not.
        due = min(now, max(plan.start, released))
        begun = now
        trigger = plan.trigger
        isDemanded = false
    }

    /// The guest stands still: what it has sent so far belongs to the epoch that began.
    ///
    /// - Parameter oldest: When the oldest of these frames came; `nil` where there is none.
    public mutating func cover(oldest: MonotonicTime?) {
        coveredSince = oldest
        outputSince = nil
        writtenPages = 0
    }

    /// The epoch's output was released.
    ///
    /// - Parameter cost: What it cost.
    /// - Returns: What to do about the guest's processor time.
    public mutating func finish(_ cost: EpochCost) -> Throttle.Step {
        released = cost.released
        lookedAt = cost.released
        transfer = cost.transfer
        lastStandstill = cost.standstill
        early.spend(cost.standstill, at: cost.released)
        standstill.spend(cost.standstill, at: cost.released)
        outputLatency = coveredSince.map { cost.released.nanoseconds(since: $0) }
        let isFirst = !hasFinished
        learn(from: cost)
        coveredSince = nil
        // What is left of the first copy says nothing of how fast the guest writes.
        if isFirst { return .keep }
        return throttle.observe(
            load(cost), floor: throttleFailures < Self.mostThrottleFailures ? rules.throttleFloor : 100,
            patience: rules.overloadPatience,
            at: cost.released)
    }

    /// Learns how long an epoch takes.
    ///
    /// The first one sends what is left of the first copy, and is like no other; one in which a host stood still must not be
    /// feared for long.
    private mutating func learn(from cost: EpochCost) {
        defer { hasFinished = true }
        guard hasFinished else { return }
        let most =
            switch rules.goal {
            case .interval: rules.longest.nanoseconds
            case .latency(let budget): 2 * budget.nanoseconds
            }
        reach.add(
            time: min(cost.released.nanoseconds(since: due), most), pages: cost.pages, heldOutput: coveredSince != nil)
    }

    private func load(_ cost: EpochCost) -> Throttle.Load {
        // While this one was on its way the guest wrote the next: where that took longer than an epoch, the next is larger.
        let bound = cost.transfer > interval.nanoseconds ? rules.pageCapacity / 2 : rules.pageCapacity / 4 * 3
        if cost.pages > bound { return .bursting }
        if cost.transfer > rules.transferBound {
            // Where it is not the pages that take so long, a guest with less processor time would not be followed sooner.
            return cost.pages >= ReachEstimate.largeCheckpoint ? .over : .full
        }
        return cost.transfer < rules.transferBound / 2 && cost.pages < rules.pageCapacity / 3 ? .light : .full
    }

    // MARK: The plan

    /// When the next epoch begins, as things stand; asked again after everything that happens.
    ///
    /// - Parameter now: This host's time.
    /// - Returns: The plan.
    public func plan(at now: MonotonicTime) -> EpochPlan {
        if isDemanded { return EpochPlan(start: now, trigger: .demand) }
        switch rules.goal {
        case .interval(let interval): return fixedPlan(interval, at: now)
        case .latency(let budget): return budgetPlan(budget, at: now)
        }
    }

    private func fixedPlan(_ interval: Milliseconds, at now: MonotonicTime) -> EpochPlan {
        guard let begun else { return EpochPlan(start: now, trigger: .fixed) }
        let start = begun + interval
        let stretched = min(begun.later(by: busyTime), begun + rules.longest)
        return stretched > start
            ? EpochPlan(start: stretched, trigger: .backPressure) : EpochPlan(start: start, trigger: .fixed)
    }

    private func budgetPlan(_ budget: Milliseconds, at now: MonotonicTime) -> EpochPlan {
        guard let begun else { return EpochPlan(start: now, trigger: .longest) }
        let latest = begun + rules.longest
        if writtenPages >= rules.pageCapacity / 3 { return EpochPlan(start: min(now, latest), trigger: .memory) }
        var plan = EpochPlan(start: latest, trigger: .longest)
        if let since = outputSince {
            let lead = min(budget.nanoseconds, reach.time(pages: writtenPages))
            plan.take(since.later(by: budget.nanoseconds - lead), .budget)
            if let affordable = early.affordable(lastStandstill, from: now) {
                plan.take(max(since, affordable), .output)
            }
        }
        if reach.time(writing: writtenPages) >= roomForPages(budget) { plan.take(now, .memory) }
        plan.delay(until: begun + rules.least, plan.trigger, at: now)
        plan.delay(until: begun.later(by: busyTime), .backPressure, at: now)
        plan.delay(until: standstill.affordable(lastStandstill, from: now) ?? latest, .standstill, at: now)
        if plan.start > latest { plan.start = latest }
        plan.look = lookedAt.later(by: lookInterval(budget))
        return plan
    }

    /// How long the pages of a checkpoint may take: half of what the budget leaves beside what every epoch takes, but some of it
    /// also where that is almost all.
    private func roomForPages(_ budget: Milliseconds) -> UInt64 {
        let left = budget.nanoseconds - min(budget.nanoseconds, reach.base)
        return max(left / 2, budget.nanoseconds / 4)
    }

    /// How long an epoch lasts at least that leaves the link some of its time.
    private var busyTime: UInt64 { transfer / Self.busyPercent * 100 }

    /// Often enough to keep a checkpoint within the budget, and rarely enough to cost nothing.
    private func lookInterval(_ budget: Milliseconds) -> UInt64 {
        max(20_000_000, min(100_000_000, budget.nanoseconds / 4))
    }
}

extension EpochPlan {
    /// Takes an earlier begin.
    fileprivate mutating func take(_ earlier: MonotonicTime, _ why: EpochTrigger) {
        guard earlier < start else { return }
        start = earlier
        trigger = why
    }

    /// Takes a later begin; one that is past keeps nothing waiting.
    fileprivate mutating func delay(until later: MonotonicTime, _ why: EpochTrigger, at now: MonotonicTime) {
        guard later > start, later > now else { return }
        start = later
        trigger = why
    }
}

extension MonotonicTime {
    /// The point that lies so many nanoseconds later, at most the end of the clock's range.
    fileprivate func later(by nanoseconds: UInt64) -> MonotonicTime {
        let (sum, overflow) = self.nanoseconds.addingReportingOverflow(nanoseconds)
        return MonotonicTime(nanoseconds: overflow ? .max : sum)
    }
}
