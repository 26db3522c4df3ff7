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

    @Test func onlyChangesOfTheStateAreNoted() {
        var watch = StateWatch()
        for (state, moment) in [(StateWatch.State.running, 1), (.running, 2), (.suspended, 3), (.suspended, 4)] {
            watch.note(state, at: UInt64(moment))
        }
        watch.note(.running, at: 5)
        #expect(
            watch.text == ["running monotonic_ns=1", "suspended monotonic_ns=3", "running monotonic_ns=5"])
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
