import Heartbeat
import ReplicaModel
import Testing

@testable import ReplicaProtocol

/// When a domain that runs without a replica gets one again.
@Suite struct ReprotectionTests {
    private func isDue(
        _ decision: inout Reprotection, _ report: HeartbeatReport?, _ mode: Reprotection.Mode = .automatic,
        at moment: UInt64
    ) -> Bool {
        decision.isDue(report, mode: mode, delay: 60_000, at: time(moment))
    }

    @Test func isDueAsSoonAsThePeerIsThere() {
        var decision = Reprotection()
        let due = isDue(&decision, Samples.report(.alive), at: 0)
        #expect(due)
    }

    @Test func isNeverDueByItselfWhenTheOperatorWantsItSo() {
        var decision = Reprotection()
        for moment: UInt64 in [0, 60_000, 9_000_000] {
            let due = isDue(&decision, Samples.report(.alive), .manual, at: moment)
            #expect(!due)
        }
    }

    static let absences: [String: @Sendable (inout HeartbeatReport) -> Void] = [
        "unknown": { $0.verdict = .unknown },
        "dead": { $0.verdict = Samples.dead },
        "no controller": { $0.peerControllerConnected = false },
        "controller not known": { $0.peerControllerConnected = nil },
        "stale claims": { $0.peerClaimsStale = true },
        "shutting down": { $0.peerShuttingDown = true },
    ]

    @Test(arguments: absences.keys.sorted()) func isNotDueWithoutAPeerThatCanTakeAReplica(absence: String) throws {
        var decision = Reprotection()
        var report = Samples.report(.alive)
        let makeAbsent = try #require(Self.absences[absence])
        makeAbsent(&report)
        let due = isDue(&decision, report, at: 0)
        #expect(!due)
        // A break begins the delay anew.
        _ = isDue(&decision, Samples.report(.alive), .delayed, at: 1_000)
        _ = isDue(&decision, report, .delayed, at: 50_000)
        let early = isDue(&decision, Samples.report(.alive), .delayed, at: 61_000)
        #expect(!early)
        let late = isDue(&decision, Samples.report(.alive), .delayed, at: 121_000)
        #expect(late)
    }

    @Test func isNotDueWhileTheHeartbeatServiceIsAway() {
        var decision = Reprotection()
        let due = isDue(&decision, nil, at: 0)
        #expect(!due)
    }

    @Test func theDelayIsThatOfAPeerThatWasThereWithoutABreak() {
        var decision = Reprotection()
        let moments: [(UInt64, Bool)] = [(1_000, false), (60_999, false), (61_000, true)]
        for (moment, expected) in moments {
            let due = isDue(&decision, Samples.report(.alive), .delayed, at: moment)
            #expect(due == expected, "\(moment)")
        }
    }

    /// A guest that outruns its link every time is not copied every few seconds for ever.
    @Test func onlyAReplicaThatLastsBeginsThePausesAnew() {
        var decision = Reprotection()
        decision.tried(at: time(0))
        // The first copy took five minutes.
        let asked = [300_000, 359_999, 360_000].map { decision.isOver(at: time($0)) }
        #expect(asked == [false, false, true])
        decision.tried(at: time(370_000))
        let again = [400_000, 459_999, 460_000].map { decision.isOver(at: time($0)) }
        #expect(again == [false, false, true])
    }

    @Test func eachTryMakesTheNextOneWaitLongerUpToAMinute() {
        var decision = Reprotection()
        var now: UInt64 = 0
        for pause: UInt64 in [2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000] {
            decision.tried(at: time(now))
            let early = isDue(&decision, Samples.report(.alive), at: now + pause - 1)
            let late = isDue(&decision, Samples.report(.alive), at: now + pause)
            #expect(!early && late, "\(pause)")
            now += pause
        }
    }
}
