import Testing

@testable import Simulation

/// A campaign of a million runs needs no more memory than one.
@Suite struct SimulationRunTests {
    @Test(arguments: 1...40 as ClosedRange<UInt64>) func aRunLeavesNothingBehind(seed: UInt64) {
        weak var left: World?
        do {
            let world = World(.drawn(seed: seed), isTold: false)
            left = world
            _ = world.run()
        }
        #expect(left == nil)
    }
}
