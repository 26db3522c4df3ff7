import Pacing
import ReplicaModel
import Testing

@Suite struct PacerTests {
    private func time(_ milliseconds: UInt64) -> MonotonicTime { MonotonicTime(nanoseconds: milliseconds * 1_000_000) }

    /// A pacer after two epochs that began at 0; of the first it learns nothing.
    private func paced(
        _ goal: PacingRules.Goal, standstill: UInt64 = 2, transfer: UInt64 = 5, pages: UInt64 = 100,
        output: MonotonicTime? = nil, change: (inout PacingRules) -> Void = { _ in }
    ) -> Pacer {
        var rules = PacingRules.sample(goal)
        change(&rules)
        var pacer = Pacer(rules: rules, at: time(0))
        let plan = pacer.plan(at: time(0))
        pacer.begin(plan, at: time(0))
        _ = pacer.finish(EpochCost(standstill: 0, transfer: 0, pages: 0, released: time(0)))
        pacer.begin(plan, at: time(0))
        pacer.cover(oldest: output)
        _ = pacer.finish(
            EpochCost(
                standstill: standstill * 1_000_000, transfer: transfer * 1_000_000, pages: pages,
                released: time(standstill + transfer)))
        return pacer
    }

    @Test func theFirstEpochIsDueAtOnce() {
        for goal in [PacingRules.Goal.interval(100), .latency(50)] {
            let pacer = Pacer(rules: .sample(goal), at: time(7))
            #expect(pacer.plan(at: time(7)).start == time(7))
        }
    }

    @Test func aFixedIntervalCountsFromBeginToBegin() {
        var pacer = paced(.interval(100))
        pacer.outputWaits(since: time(8))
        #expect(pacer.plan(at: time(8)) == EpochPlan(start: time(100), trigger: .fixed))
        #expect(pacer.interval == 100)
    }

    @Test func aGuestWithNothingToSayIsCheckpointedRarely() {
        let plan = paced(.latency(50)).plan(at: time(8))
        #expect(plan.start == time(1_000))
        #expect(plan.trigger == .longest)
    }

    @Test func aGuestThatAnsweredIsCheckpointedAtOnce() {
        var pacer = paced(.latency(50))
        pacer.outputWaits(since: time(400))
        let plan = pacer.plan(at: time(401))
        #expect(plan.start == time(401))
        #expect(plan.trigger == .output)
    }

    @Test func theLeastIntervalHoldsForEarlyEpochs() {
        var pacer = paced(.latency(50), standstill: 1, transfer: 2)
        pacer.outputWaits(since: time(4))
        #expect(pacer.plan(at: time(4)).start == time(10))
    }

    @Test func withoutEarlyEpochsOutputWaitsAsLongAsTheBudgetAllows() {
        var pacer = paced(.latency(50), standstill: 2, transfer: 6) { $0.earlyPercent = 0 }
        pacer.outputWaits(since: time(400))
        let plan = pacer.plan(at: time(400))
        // The epoch took 8 ms and is estimated at 9.
        #expect(plan.start == time(441))
        #expect(plan.trigger == .budget)
        #expect(pacer.interval == 41)
    }

    @Test func earlyEpochsEndWhenTheGuestHasStoodStillEnough() {
        // 10 % of 2 s are paid in at most: two epochs of 90 ms, and the third has to wait for the budget.
        var pacer = Pacer(rules: .sample(.latency(900)), at: time(0))
        var triggers: [EpochTrigger] = []
        var now: UInt64 = 0
        for _ in 0..<4 {
            pacer.outputWaits(since: time(now))
            let plan = pacer.plan(at: time(now))
            now = max(now, plan.start.nanoseconds / 1_000_000)
            pacer.begin(plan, at: time(now))
            pacer.cover(oldest: time(now))
            now += 100
            _ = pacer.finish(EpochCost(standstill: 90_000_000, transfer: 10_000_000, pages: 10, released: time(now)))
            triggers.append(plan.trigger)
        }
        #expect(triggers[1] == .output)
        #expect(triggers[3] == .budget)
    }

    @Test func anEpochInWhichAHostStoodStillIsNotFearedForLong() {
        var pacer = paced(.latency(100), standstill: 2, transfer: 6) { $0.earlyPercent = 0 }
        let usual = pacer.interval
        var now: UInt64 = 1_000
        for transfer in [20_000] + Array(repeating: 6, count: 100) as [UInt64] {
            now += 1_000
            let plan = EpochPlan(start: time(now), trigger: .budget)
            pacer.begin(plan, at: time(now))
            pacer.cover(oldest: time(now))
            now += 2 + transfer
            _ = pacer.finish(
                EpochCost(
                    standstill: 2_000_000, transfer: transfer * 1_000_000, pages: 100, released: time(now)))
            if transfer == 20_000 { #expect(pacer.interval == 10) }
        }
        #expect(pacer.interval > 80 && pacer.interval <= usual)
    }

    @Test func whatIsWantedAtOnceWaitsForNothing() {
        for goal in [PacingRules.Goal.interval(100), .latency(50)] {
            var pacer = paced(goal)
            pacer.demand()
            #expect(pacer.plan(at: time(9)) == EpochPlan(start: time(9), trigger: .demand))
        }
    }

    @Test func aSlowTransferStretchesTheNextEpochAndLeavesTheLinkSomeOfItsTime() {
        let pacer = paced(.interval(100), transfer: 180)
        let plan = pacer.plan(at: time(190))
        #expect(plan.start == time(200))
        #expect(plan.trigger == .backPressure)
    }

    @Test func noTransferStretchesAnEpochBeyondTheLongest() {
        for goal in [PacingRules.Goal.interval(100), .latency(50)] {
            let pacer = paced(goal, transfer: 5_000)
            #expect(pacer.plan(at: time(5_010)).start <= time(1_000))
        }
    }

    @Test func whatAGuestWritesIsSentWhileItFitsTheBudget() {
        // 10 us a page: 2500 pages take half of a budget of 50 ms.
        var pacer = paced(.latency(50), standstill: 2, transfer: 8, pages: 1_000)
        pacer.wrote(pages: 2_400, at: time(100))
        #expect(pacer.plan(at: time(100)).trigger == .longest)
        pacer.wrote(pages: 2_500, at: time(120))
        let plan = pacer.plan(at: time(120))
        #expect(plan.start == time(120))
        #expect(plan.trigger == .memory)
    }

    @Test func aCheckpointIsSentBeforeTheStagingMemoryIsFull() {
        var pacer = paced(.latency(10_000)) { $0.most = 10_000 }
        pacer.wrote(pages: 21_700, at: time(60))
        #expect(pacer.plan(at: time(60)).trigger == .memory)
        #expect(pacer.plan(at: time(60)).start <= time(60))
    }

    @Test func theBudgetIsExceededRatherThanHaveTheGuestStandStillForTooLong() {
        // Each epoch costs more than the budget: half of the time is the guest's all the same.
        var pacer = paced(.latency(20), standstill: 700, transfer: 5) { $0.earlyPercent = 0 }
        pacer.outputWaits(since: time(706))
        let plan = pacer.plan(at: time(706))
        #expect(plan.trigger == .standstill)
        #expect(plan.start == time(1_000))
    }

    @Test func changedRulesHoldForTheEpochThatRuns() {
        var pacer = paced(.interval(10_000))
        #expect(pacer.plan(at: time(50)).start == time(10_000))
        pacer.rules.goal = .interval(20)
        #expect(pacer.plan(at: time(50)).start == time(20))
        pacer.rules.goal = .latency(50)
        pacer.outputWaits(since: time(51))
        #expect(pacer.plan(at: time(51)).trigger == .output)
    }

    @Test func latencyIsThatOfTheOldestFrameThatTheCheckpointCovered() {
        var pacer = paced(.interval(100))
        pacer.outputWaits(since: time(30))
        pacer.outputWaits(since: time(20))
        pacer.begin(pacer.plan(at: time(100)), at: time(100))
        pacer.cover(oldest: time(20))
        // Of the next epoch.
        pacer.outputWaits(since: time(103))
        _ = pacer.finish(EpochCost(standstill: 1, transfer: 1, pages: 1, released: time(110)))
        #expect(pacer.outputLatency == 90_000_000)
        pacer.begin(pacer.plan(at: time(200)), at: time(200))
        pacer.cover(oldest: nil)
        _ = pacer.finish(EpochCost(standstill: 1, transfer: 1, pages: 1, released: time(210)))
        #expect(pacer.outputLatency == nil)
    }

    @Test func outputThatCameDuringATransferIsNotForgotten() {
        var pacer = paced(.latency(50))
        pacer.begin(pacer.plan(at: time(500)), at: time(500))
        pacer.cover(oldest: nil)
        pacer.outputWaits(since: time(503))
        _ = pacer.finish(EpochCost(standstill: 1_000_000, transfer: 5_000_000, pages: 1, released: time(506)))
        #expect(pacer.plan(at: time(511)).trigger == .output)
    }
}
