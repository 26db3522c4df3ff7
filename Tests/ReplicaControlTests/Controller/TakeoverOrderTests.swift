import Heartbeat
import ReplicaModel
import Testing

@testable import ReplicaControl

/// Who may be made an owner by an operator's word.
@Suite struct TakeoverOrderTests {
    private func report(_ verdict: PeerVerdict) -> HeartbeatReport {
        var report = HeartbeatReport(time: MonotonicTime(nanoseconds: 0), paths: [])
        report.verdict = verdict
        return report
    }

    @Test(arguments: [true, false])
    func aSilentPeerIsInNobodysWay(holdsReplica: Bool) {
        for verdict in [PeerVerdict.unknown, .dead(since: MonotonicTime(nanoseconds: 0))] {
            #expect(TakeoverOrder(holdsReplica: holdsReplica, report: report(verdict)) == .order)
        }
    }

    /// The peer took over, lost the guest in a power cut and is back without a word on it: only an order helps.
    @Test func aPrimaryThatHoldsDecidesItselfWhatAPeerThatIsHeardMeans() {
        #expect(TakeoverOrder(holdsReplica: false, report: report(.alive)) == .orderUnlessClaimed)
    }

    @Test func aReplicaIsNotTakenOverWhileThePeerIsHeard() {
        #expect(TakeoverOrder(holdsReplica: true, report: report(.alive)) == .peerIsHeard)
    }

    @Test(arguments: [true, false])
    func withoutAHeartbeatServiceNothingIsDone(holdsReplica: Bool) {
        #expect(TakeoverOrder(holdsReplica: holdsReplica, report: nil) == .heartbeatAway)
    }
}
