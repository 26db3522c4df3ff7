import Pacing
import ReplicaModel
import Testing

@Suite struct BackPressureTests {
    /// Writes faster than the link takes it, as long as it may.
    private var heavy: SimulatedGuest {
        var guest = SimulatedGuest()
        guest.pagesEachMillisecond = 60
        guest.workingSet = 500_000
        guest.transferEachPage = 25
        guest.noise = 10
        return guest
    }

    private var start: MonotonicTime { MonotonicTime(nanoseconds: 0) }

    @Test func epochsGrowLongerBeforeTheGuestIsThrottled() {
        var guest = heavy
        // All of it fits into one longer epoch: nothing more has to be done.
        guest.workingSet = 20_000
        var pacer = Pacer(rules: .sample(.interval(50)), at: start)
        let rounds = guest.run(&pacer, seconds: 60)
        #expect(rounds.allSatisfy { $0.percent == 100 })
        #expect(rounds.suffix(10).allSatisfy { $0.trigger == .backPressure })
    }

    @Test func aGuestThatOutrunsTheLinkIsThrottledUntilItDoesNot() {
        for goal in [PacingRules.Goal.interval(100), .latency(200)] {
            var pacer = Pacer(rules: .sample(goal), at: start)
            let rounds = heavy.run(&pacer, seconds: 120)
            #expect(!rounds.contains { $0.step == .giveUp })
            #expect(rounds.contains { $0.percent < 100 })
            #expect(rounds.allSatisfy { $0.percent >= 30 })
            // What a checkpoint may have is never reached.
            #expect(rounds.allSatisfy { $0.pages < 65_000 })
        }
    }

    @Test func aThrottledGuestGetsItsTimeBackWhenItWritesLess() {
        var pacer = Pacer(rules: .sample(.interval(100)), at: start)
        let end = heavy.run(&pacer, seconds: 60).last?.released ?? 0
        #expect(pacer.throttlePercent < 100)
        var light = heavy
        light.pagesEachMillisecond = 1
        let rounds = light.run(&pacer, from: end, seconds: 60)
        #expect(rounds.contains { $0.step == .lift })
        #expect(pacer.throttlePercent == 100)
    }

    @Test func aGuestThatCannotBeHeldBackEnoughLosesItsProtectionAndNotBefore() {
        var guest = heavy
        guest.pagesEachMillisecond = 90
        guest.transferEachPage = 120
        var rules = PacingRules.sample(.interval(100))
        rules.pageCapacity = 2_000_000
        var pacer = Pacer(rules: rules, at: start)
        let rounds = guest.run(&pacer, seconds: 600)
        #expect(rounds.last?.step == .giveUp)
        #expect(rounds.last?.percent == 30)
        let helpless = rounds.first { $0.percent == 30 }?.released ?? 0
        #expect((rounds.last?.released ?? 0) - helpless >= 10_000_000)
    }

    @Test func withoutThrottlingPatienceIsAllThatIsLeft() {
        var guest = heavy
        guest.transferEachPage = 120
        var rules = PacingRules.sample(.interval(100))
        rules.throttleFloor = 100
        rules.pageCapacity = 200_000_000
        var pacer = Pacer(rules: rules, at: start)
        let rounds = guest.run(&pacer, seconds: 600)
        #expect(rounds.allSatisfy { $0.percent == 100 })
        #expect(rounds.last?.step == .giveUp)
    }

    @Test func oneSlowEpochIsNoReasonToThrottle() {
        var pacer = Pacer(rules: .sample(.interval(100)), at: start)
        var now: UInt64 = 0
        for transfer in [5, 9_000, 5, 5, 1_500, 5] as [UInt64] {
            pacer.begin(pacer.plan(at: start), at: MonotonicTime(nanoseconds: now))
            pacer.cover(oldest: nil)
            now += transfer * 1_000_000
            let step = pacer.finish(
                EpochCost(
                    standstill: 0, transfer: transfer * 1_000_000, pages: 900,
                    released: MonotonicTime(nanoseconds: now)))
            #expect(step == .keep)
        }
    }

    @Test func aSlowBackupIsNoReasonToThrottleAGuestThatWritesLittle() {
        for goal in [PacingRules.Goal.interval(100), .latency(200)] {
            var guest = SimulatedGuest()
            guest.workingSet = 100
            guest.roundTrip = 1_500_000
            var pacer = Pacer(rules: .sample(goal), at: start)
            let rounds = guest.run(&pacer, seconds: 120)
            #expect(rounds.count > 50)
            #expect(rounds.allSatisfy { $0.step == .keep && $0.percent == 100 })
        }
    }

    @Test func whatIsLeftOfTheFirstCopyIsNoReasonToThrottle() {
        var pacer = Pacer(rules: .sample(.interval(100)), at: start)
        let cost = EpochCost(standstill: 0, transfer: 5_000_000_000, pages: 60_000, released: start)
        pacer.begin(pacer.plan(at: start), at: start)
        #expect(pacer.finish(cost) == .keep)
        pacer.begin(pacer.plan(at: start), at: start)
        #expect(pacer.finish(cost) == .limit(75))
    }

    @Test func aThrottleThatFailsThreeTimesIsNotTriedAgain() {
        var pacer = Pacer(rules: .sample(.interval(100)), at: start)
        var limits = 0
        let rounds = heavy.run(&pacer, seconds: 30) { pacer, _ in
            if pacer.throttlePercent < 100 {
                limits += 1
                pacer.throttleFailed()
            }
        }
        #expect(limits == 3)
        #expect(rounds.last?.percent == 100)
    }

    @Test func aRaisedFloorGivesTimeBack() {
        var pacer = Pacer(rules: .sample(.interval(100)), at: start)
        let rounds = heavy.run(&pacer, seconds: 60) { pacer, index in
            if index == 40 { pacer.rules.throttleFloor = 100 }
        }
        #expect(rounds[..<40].contains { $0.percent < 100 })
        #expect(rounds[42...].allSatisfy { $0.percent == 100 })
    }
}
