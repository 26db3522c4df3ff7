import Heartbeat
import ReplicaModel
import Testing

@testable import ReplicaControl
@testable import ReplicaProtocol

/// An orderly stop never destroys what may be the last copy of a guest.
@Suite struct StopPermitTests {
    private func report(_ verdict: PeerVerdict) -> HeartbeatReport {
        var report = HeartbeatReport(time: MonotonicTime(nanoseconds: 0), paths: [])
        report.verdict = verdict
        return report
    }

    private static let complete: [BackupMachine.State] = [
        .armed, .withdrawing, .deciding, .activating(.primaryDead),
    ]

    @Test(arguments: complete)
    func aWholeReplicaOfASilentPrimaryIsKept(state: BackupMachine.State) {
        #expect(StopPermit.keeps(state, report(.dead(since: MonotonicTime(nanoseconds: 0)))))
        #expect(StopPermit.keeps(state, report(.unknown)))
        #expect(StopPermit.keeps(state, nil))
    }

    @Test(arguments: complete)
    func aReplicaOfAPrimaryThatIsHeardIsGivenUp(state: BackupMachine.State) {
        #expect(!StopPermit.keeps(state, report(.alive)))
    }

    /// `systemctl restart` of both services stops the heartbeat first.
    @Test func aHeartbeatThatWasStoppedJustBeforeCountsWithItsLastWord() {
        var last = report(.alive)
        last.time = MonotonicTime(nanoseconds: 5_000_000_000)
        let soon = MonotonicTime(nanoseconds: 15_000_000_000)
        #expect(StopPermit.word(nil, last: last, stop: soon)?.verdict == .alive)
        #expect(StopPermit.word(nil, last: last, stop: soon + 1) == nil)
        #expect(StopPermit.word(nil, last: nil, stop: soon) == nil)
        // What it says now counts more.
        let now = report(.dead(since: MonotonicTime(nanoseconds: 0)))
        #expect(StopPermit.word(now, last: last, stop: soon)?.verdict == now.verdict)
    }

    @Test(arguments: [BackupMachine.State.receiving, .active(.primaryDead), .discarded(.primaryGaveUp)])
    func whatIsNoReplicaThatCouldTakeOverKeepsNobody(state: BackupMachine.State) {
        #expect(!StopPermit.keeps(state, nil))
    }
}
