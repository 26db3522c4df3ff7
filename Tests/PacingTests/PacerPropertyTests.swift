import Pacing
import ReplicaModel
import Testing

/// What must hold for every guest: each seed is another guest under other rules.
@Suite struct PacerPropertyTests {
    private static let seeds = 1...100

    private func guest(_ generator: inout SeededGenerator) -> SimulatedGuest {
        var guest = SimulatedGuest()
        switch generator.next() % 4 {
        case 0: guest.output = .never
        case 1: guest.output = .random(every: 500 + generator.next() % 500_000)
        case 2: guest.output = .closedLoop(think: 100 + generator.next() % 300_000)
        default: guest.output = .random(every: 200)
        }
        guest.pagesEachMillisecond = Double(generator.next() % 200) / 10
        guest.workingSet = Double(100 + generator.next() % 50_000)
        guest.standstill = 500 + generator.next() % 20_000
        guest.roundTrip = 500 + generator.next() % 40_000
        guest.transferEachPage = Double(generator.next() % 200) / 10
        guest.noise = generator.next() % 60
        return guest
    }

    private func rules(_ generator: inout SeededGenerator) -> PacingRules {
        let time = Milliseconds(rawValue: 5 + generator.next() % 400)
        var rules = PacingRules.sample(generator.next() % 3 == 0 ? .interval(time) : .latency(time))
        rules.least = Milliseconds(rawValue: 5 + generator.next() % 50)
        rules.most = rules.least + Milliseconds(rawValue: generator.next() % 2_000)
        rules.earlyPercent = generator.next() % 40
        rules.standstillPercent = 10 + generator.next() % 80
        rules.throttleFloor = 10 + generator.next() % 91
        return rules
    }

    @Test(arguments: seeds) func epochsStayWithinTheirBounds(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        let guest = guest(&generator)
        let rules = rules(&generator)
        var pacer = Pacer(rules: rules, at: MonotonicTime(nanoseconds: 0))
        let rounds = guest.run(&pacer, seconds: 20, seed: UInt64(seed))
        var longest = max(rules.most, rules.least).rawValue * 1_000
        var least = rules.least.rawValue * 1_000
        if case .interval(let interval) = rules.goal {
            longest = max(rules.most, interval).rawValue * 1_000
            least = interval.rawValue * 1_000
        }
        let pairs = Array(zip(rounds, rounds.dropFirst()))
        // No starvation: whatever the guest does, it is checkpointed when the longest epoch is over, or as soon as the one
        // before is released.
        #expect(pairs.allSatisfy { $1.begun <= max($0.begun + longest, $0.released) })
        #expect(pairs.allSatisfy { $1.begun >= $0.released })
        #expect(pairs.allSatisfy { $1.trigger == .memory || $1.begun >= $0.begun + min(least, longest) })
        #expect(rounds.allSatisfy { $0.percent >= rules.throttleFloor })
    }

    @Test(arguments: seeds) func everyFrameIsReleasedByTheNextEpochs(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        var guest = guest(&generator)
        guest.output = .random(every: 20_000)
        let rules = rules(&generator)
        var pacer = Pacer(rules: rules, at: MonotonicTime(nanoseconds: 0))
        let rounds = guest.run(&pacer, seconds: 20, seed: UInt64(seed))
        // It came after the guest stood still for the epoch before, and leaves with the next one.
        #expect(zip(rounds, rounds.dropFirst()).allSatisfy { ($1.latency ?? 0) <= $1.released - $0.begun })
        #expect(rounds.contains { $0.latency != nil })
    }

    @Test(arguments: seeds) func earlyEpochsKeepTheirShareOfTheGuestsTime(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        var guest = guest(&generator)
        // Nothing but early epochs: they fill their share.
        guest.output = .closedLoop(think: 200)
        var rules = rules(&generator)
        rules.goal = .latency(10_000)
        rules.most = 10_000
        rules.earlyPercent = 1 + generator.next() % 30
        var pacer = Pacer(rules: rules, at: MonotonicTime(nanoseconds: 0))
        let rounds = guest.run(&pacer, seconds: 60, seed: UInt64(seed))
        let early = rounds.filter { $0.trigger == .output }
        let capacity = rules.earlyPercent * 2_000_000 / 100
        var violations = 0
        for (index, first) in early.prefix(40).enumerated() {
            var stood: UInt64 = 0
            for round in early[index...] {
                stood += round.standstill
                let span = round.released - first.begun
                if stood > span * rules.earlyPercent / 100 + capacity + round.standstill { violations += 1 }
            }
        }
        #expect(violations == 0)
    }

    @Test(arguments: seeds) func theGuestStandsStillForItsBoundAtMost(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        var guest = guest(&generator)
        guest.output = .random(every: 300)
        // Little to send: nothing but the guest's standing still limits the epochs.
        guest.roundTrip = 200
        guest.transferEachPage = 0
        guest.pagesEachMillisecond = 0.1
        guest.standstill = 1_000 + generator.next() % 30_000
        var rules = rules(&generator)
        rules.goal = .latency(10)
        rules.most = 10_000
        var pacer = Pacer(rules: rules, at: MonotonicTime(nanoseconds: 0))
        let rounds = guest.run(&pacer, seconds: 30, seed: UInt64(seed))
        let stood = rounds.reduce(0) { $0 + $1.standstill }
        let span = (rounds.last?.released ?? 0) - (rounds.first?.begun ?? 0)
        let most = rounds.map(\.standstill).max() ?? 0
        let capacity = rules.standstillPercent * 1_000_000 / 100
        #expect(stood <= span * rules.standstillPercent / 100 + capacity + most)
    }

    @Test(arguments: [20, 50, 100, 300, 1_000] as [UInt64], [0, 20, 50] as [UInt64])
    func theBudgetIsKeptAndUsed(budget: UInt64, noise: UInt64) {
        for seed in 1...10 as ClosedRange<UInt64> {
            var guest = SimulatedGuest()
            guest.output = .random(every: 300)
            guest.noise = noise
            var rules = PacingRules.sample(.latency(Milliseconds(rawValue: budget)))
            rules.earlyPercent = 0
            var pacer = Pacer(rules: rules, at: MonotonicTime(nanoseconds: 0))
            let rounds = guest.run(&pacer, seconds: 60, seed: seed).dropFirst(40)
            let latencies = rounds.compactMap(\.latency)
            #expect(latencies.percentile(99) <= budget * 1_000)
            // A guest that always sends is not checkpointed more often than the budget asks for.
            #expect(latencies.percentile(50) >= budget * 1_000 * 6 / 10)
        }
    }

    @Test func theBudgetIsKeptByAGuestThatComputesAndAnswersNowAndThen() {
        for seed in 1...10 as ClosedRange<UInt64> {
            var guest = SimulatedGuest()
            guest.output = .random(every: 700_000)
            guest.pagesEachMillisecond = 20
            guest.workingSet = 60_000
            guest.transferEachPage = 10
            var pacer = Pacer(rules: .sample(.latency(100)), at: MonotonicTime(nanoseconds: 0))
            let rounds = guest.run(&pacer, seconds: 120, seed: seed).dropFirst(40)
            #expect(rounds.compactMap(\.latency).percentile(99) <= 100_000)
        }
    }

    @Test func aLongRoundTripIsNotTakenForWhatThePagesCost() {
        for seed in 1...10 as ClosedRange<UInt64> {
            var guest = SimulatedGuest()
            guest.output = .random(every: 5_000_000)
            guest.pagesEachMillisecond = 2
            guest.workingSet = 50_000
            guest.roundTrip = 60_000
            var pacer = Pacer(rules: .sample(.latency(110)), at: MonotonicTime(nanoseconds: 0))
            let rounds = guest.run(&pacer, seconds: 300, seed: seed)
            // Once a second, a little more often at first, and when it answers.
            #expect(rounds.count < 600)
        }
    }

    @Test func aClientThatAsksOneByOneWaitsLittleMoreThanAnEpochTakes() {
        var guest = SimulatedGuest()
        guest.output = .closedLoop(think: 300_000)
        guest.noise = 0
        guest.pagesEachMillisecond = 0.05
        var pacer = Pacer(rules: .sample(.latency(100)), at: MonotonicTime(nanoseconds: 0))
        let rounds = guest.run(&pacer, seconds: 60)
        let latency = rounds.compactMap(\.latency).percentile(50)
        let epoch = guest.freeze + guest.standstill + guest.roundTrip
        #expect(latency <= epoch * 13 / 10)
        // And in between it is left alone.
        #expect(rounds.count <= 60 * 5)
    }

    @Test func anIdleGuestIsCheckpointedOnceInTheLongestEpoch() {
        var guest = SimulatedGuest()
        guest.pagesEachMillisecond = 0.01
        var pacer = Pacer(rules: .sample(.latency(20)), at: MonotonicTime(nanoseconds: 0))
        #expect((60...61).contains(guest.run(&pacer, seconds: 60).count))
    }

    @Test func rulesThatChangeAllTheTimeLoseNoEpochAndBreakNoBound() {
        var guest = SimulatedGuest()
        guest.output = .random(every: 30_000)
        var generator = SeededGenerator(seed: 77)
        var pacer = Pacer(rules: .sample(.interval(100)), at: MonotonicTime(nanoseconds: 0))
        let rounds = guest.run(&pacer, seconds: 120) { pacer, _ in pacer.rules = rules(&generator) }
        #expect(zip(rounds, rounds.dropFirst()).allSatisfy { $1.begun <= max($0.begun + 2_455_000, $0.released) })
        #expect(rounds.count > 300)
    }
}
