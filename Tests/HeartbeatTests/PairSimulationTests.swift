import Testing

@testable import Heartbeat

@Suite struct PairSimulationTests {
    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func neverTwoOwners(group: UInt64) throws {
        var activated = 0
        for seed in (group * 10)..<(group * 10 + 10) {
            var pair = try PairSimulation(seed: seed, rules: .followed)
            pair.run(milliseconds: 5000)
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
            pair.run(milliseconds: 5000)
            if pair.hadTwoOwners { found += 1 }
        }
        #expect(found > 0)
    }
}
