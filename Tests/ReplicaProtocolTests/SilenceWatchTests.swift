import Heartbeat
import ReplicaModel
import Testing

@testable import ReplicaProtocol

/// A peer that is silent, and one of which nothing is known.
@Suite struct SilenceWatchTests {
    private func isSilent(_ watch: inout SilenceWatch, _ verdict: String, at moment: UInt64) -> Bool {
        let report =
            switch verdict {
            case "dead": Samples.report(Samples.dead)
            case "alive": Samples.report(.alive)
            default: Samples.report(.unknown)
            }
        watch.observe(report, at: time(moment))
        return watch.isSilent(report, at: time(moment))
    }

    @Test func aDeadPeerIsSilentAtOnce() {
        var watch = SilenceWatch(patience: 800)
        let silent = isSilent(&watch, "dead", at: 0)
        #expect(silent)
    }

    @Test(arguments: ["alive", "unknown"]) func othersAreNot(verdict: String) {
        var watch = SilenceWatch(patience: 800)
        let silent = isSilent(&watch, verdict, at: 0)
        #expect(!silent)
    }

    @Test func aPeerOfWhichNothingIsKnownIsSilentAfterSomePatience() {
        var watch = SilenceWatch(patience: 800)
        let moments: [(UInt64, Bool)] = [(1_000, false), (1_799, false), (1_800, true), (9_000, true)]
        for (moment, expected) in moments {
            let silent = isSilent(&watch, "unknown", at: moment)
            #expect(silent == expected, "\(moment)")
        }
    }

    @Test(arguments: ["alive", "dead"]) func thePatienceBeginsAnewAfterAnyWord(verdict: String) {
        var watch = SilenceWatch(patience: 800)
        _ = isSilent(&watch, "unknown", at: 0)
        _ = isSilent(&watch, verdict, at: 700)
        let early = isSilent(&watch, "unknown", at: 900)
        let still = isSilent(&watch, "unknown", at: 1_699)
        let late = isSilent(&watch, "unknown", at: 1_700)
        #expect(!early && !still && late)
    }

    @Test func aWatchThatSawNothingConcludesNothing() {
        let watch = SilenceWatch(patience: 800)
        #expect(!watch.isSilent(Samples.report(.unknown), at: time(99_000)))
    }
}
