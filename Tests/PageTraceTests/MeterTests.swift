import Testing
import XenToolstack

@testable import ReplicaMeter

@Suite struct MeterTests {
    @Test func optionsAreRead() throws {
        #expect(
            try MeterOptions(["watch", "alpha", "--seconds", "20"])
                == .watch(domain: "alpha", seconds: 20, period: 1_000_000))
        #expect(
            try MeterOptions(["floor", "alpha", "--rounds", "40", "--interval-ms", "200"])
                == .floor(domain: "alpha", rounds: 40, interval: 200))
        #expect(
            try MeterOptions(
                ["trace", "a", "--checkpoints", "9", "--interval-ms", "50", "--output", "f", "--limit-mib", "2"])
                == .trace(domain: "a", checkpoints: 9, interval: 50, output: "f", limit: 2 << 20))
    }

    @Test func wrongCommandLinesAreRefused() throws {
        for words in [
            [], ["watch"], ["watch", "alpha"], ["watch", "alpha", "--seconds", "0"], ["fly", "alpha"],
            ["trace", "alpha", "--checkpoints", "1", "--interval-ms", "1"], ["floor", "a", "b", "--rounds", "1"],
        ] {
            let failure = #expect(throws: MeterError.self) { try MeterOptions(words) }
            #expect(failure?.status == 64)
        }
    }

    /// What a watch notes of looks at a state, a moment, and the processor time until then.
    private func text(_ looks: [(StateWatch.State, UInt64, UInt64)]) -> [String] {
        var watch = StateWatch()
        for (state, moment, time) in looks {
            watch.note(StateWatch.Look(state: state, moment: moment, processorTime: time))
        }
        return watch.text
    }

    @Test func onlyChangesOfTheStateAreNoted() {
        #expect(
            text([(.running, 1, 0), (.running, 2, 0), (.suspended, 3, 0), (.suspended, 4, 0), (.running, 5, 0)])
                == ["running monotonic_ns=1", "suspended monotonic_ns=3", "running monotonic_ns=5"])
    }

    @Test func aGuestThatTookTheProcessorFromTheMeterWasLetGoBefore() {
        #expect(text([(.suspended, 10, 100), (.running, 50, 130)]).last == "running monotonic_ns=20")
        // Never before it was last seen suspended.
        #expect(text([(.suspended, 40, 100), (.running, 50, 130)]).last == "running monotonic_ns=40")
        // A guest that was seen running before has nothing to do with it.
        #expect(text([(.running, 40, 100), (.suspended, 50, 105)]).last == "suspended monotonic_ns=50")
    }

    @Test func blockedIsRunning() {
        #expect(StateWatch.State(.blocked) == .running)
        #expect(StateWatch.State(.shutdown(.suspend)) == .suspended)
        #expect(StateWatch.State(.paused) == .paused)
        #expect(StateWatch.State(.dying) == .gone)
    }

    @Test func theFloorLeavesTheFilterOut() {
        let round = CaptureFloor.Round(pages: 3, suspend: 100, clean: 1, filter: 50, copy: 2, context: 4, resume: 8)
        #expect(round.pause == 15)
        #expect(
            round.text
                == "round pages=3 suspend_us=100 clean_us=1 filter_us=50 copy_us=2 context_us=4 resume_us=8 pause_us=15"
        )
    }
}
