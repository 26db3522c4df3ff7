import Testing

@testable import Heartbeat

@Suite struct PairSimulationTests {
    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func neverTwoOwners(group: UInt64) throws {
        var activated = 0
        for seed in (group * 10)..<(group * 10 + 10) {
            var pair = try PairSimulation(seed: seed, rules: .followed)
            try pair.run(milliseconds: 5000)
            #expect(!pair.hadTwoOwners, "seed \(seed)")
            #expect(pair.leasedMilliseconds > 0, "seed \(seed)")
            if pair.activatedAt != nil { activated += 1 }
        }
        #expect(activated > 0, "a simulation in which nobody takes over proves nothing")
    }

    /// The simulation is worth something only if it finds the race that the rules close.
    @Test func simulationFindsTheRaceWithoutTheRules() throws {
        var found = 0
        for seed: UInt64 in 1...60 {
            var pair = try PairSimulation(seed: seed, rules: .ignored)
            try pair.run(milliseconds: 5000)
            if pair.hadTwoOwners { found += 1 }
        }
        #expect(found > 0)
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func neverTwoOwnersUnderReplaysAndRestarts(group: UInt64) throws {
        var activated = 0
        let weather = PairSimulation.Weather(restarts: 10, replays: 20)
        for seed in (group * 10)..<(group * 10 + 10) {
            var pair = try PairSimulation(seed: seed, rules: .followed, weather: weather)
            try pair.run(milliseconds: 5000)
            #expect(!pair.hadTwoOwners, "seed \(seed)")
            if pair.activatedAt != nil { activated += 1 }
        }
        #expect(activated > 0, "a simulation in which nobody takes over proves nothing")
    }

    /// Nothing but lost datagrams, restarts and replays: nobody dies, and each restart is followed.
    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func noFalseDeathUnderReplaysAndRestarts(group: UInt64) throws {
        var taken = 0
        let weather = PairSimulation.Weather(hasFailures: false, restarts: 10, replays: 20)
        for seed in (group * 10)..<(group * 10 + 10) {
            var pair = try PairSimulation(seed: seed, rules: .followed, weather: weather)
            try pair.run(milliseconds: 10_000)
            #expect(pair.falseDeaths == 0, "seed \(seed)")
            #expect(pair.activatedAt == nil, "seed \(seed)")
            taken += pair.sessionsTaken
        }
        // Two at the start of each pair, and those of the restarts.
        #expect(taken > 10 * 2 + 20)
    }

    /// Whatever is played back, a dead host is seen in time and stays dead.
    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func deadHostIsNotKeptAliveByReplays(group: UInt64) throws {
        let weather = PairSimulation.Weather(hasFailures: false, restarts: 5, replays: 50, primaryDiesAt: 5000)
        for seed in (group * 10)..<(group * 10 + 10) {
            var pair = try PairSimulation(seed: seed, rules: .followed, weather: weather)
            try pair.run(milliseconds: 10_000)
            #expect(!pair.hadTwoOwners, "seed \(seed)")
            // What was on its way for up to 600 ms, then the timeout and a beat on a clock that may be slow.
            #expect(pair.takenForAliveUntil <= 5000 + 600 + 550, "seed \(seed)")
        }
    }
}
