import ReplicaProtocol
import Simulation
import Testing

#if PLANTED_FAULTS
    /// Every planted bug, switched on alone, is found by the checks.
    @Suite struct PlantedFaultTests {
        /// Where the search begins: rare bugs need thousands of seeds, and a debug build is slow.
        ///
        /// A change of the generator or of the protocol moves them. Then the search goes on from 1, and this table wants
        /// the new numbers: the test prints them.
        private static let firstSeeds: [PlantedFault: UInt64] = [
            .openOnLostConnection: 68, .openOnAdoption: 146, .anyEchoRenews: 826, .anyGenerationDisarms: 856,
            .handoverTakenBack: 71, .failedFencingWillDo: 1_288, .noDriftMargin: 27, .leaseNotWithdrawn: 1_988,
            .activationNotRecorded: 5_672, .oldGenerationAdmitted: 1_242, .noFenceDelay: 25, .oldReportsCount: 5_250,
        ]

        private static let lastSeed: UInt64 = 10_000

        @Test(arguments: PlantedFault.allCases) func theBugIsCaught(fault: PlantedFault) {
            let first = Self.firstSeeds[fault] ?? 1
            let found = Self.find(fault, first...first + 20) ?? Self.find(fault, 1...Self.lastSeed)
            guard let found, let violation = found.violation else {
                Issue.record("\(fault.rawValue) was not caught within \(Self.lastSeed) seeds")
                return
            }
            print("| \(fault.rawValue) | \(found.setup.seed) | \(violation.rule) | \(violation.text) |")
            // Without the bug the same run breaks nothing.
            let sound = SimulationRun(.drawn(seed: found.setup.seed, hint: .concerning(fault)))
            #expect(sound.violation == nil)
        }

        private static func find(_ fault: PlantedFault, _ seeds: ClosedRange<UInt64>) -> SimulationRun? {
            for seed in seeds {
                let run = SimulationRun(
                    .drawn(seed: seed, hint: .concerning(fault), plantedFaults: PlantedFaults([fault])))
                if run.violation != nil { return run }
            }
            return nil
        }
    }
#endif
