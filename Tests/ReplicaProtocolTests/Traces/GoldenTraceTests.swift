import Glibc
import TestSupport
import Testing

/// What both hosts decide in the cases that count, written down in full and compared word for word.
///
/// A change of a decision shows as a change of a file. `UPDATE_GOLDEN=1` in the environment writes the files anew.
@Suite struct GoldenTraceTests {
    private static let folder = "Tests/ReplicaProtocolTests/Golden"

    private static let names = TemporaryDirectory.names(in: "\(Repository.root)/\(folder)")

    @Test func theCasesThatCountAreThere() {
        #expect(
            Self.names == [
                "backup-power-cut.trace",
                "both-networks-pulled-at-backup.trace",
                "both-networks-pulled.trace",
                "controller-kill-after-handover-refused.trace",
                "controller-kill-after-handover.trace",
                "controller-kill-at-backup.trace",
                "controller-kill-backup-dies.trace",
                "controller-kill.trace",
                "fencing-fails.trace",
                "fencing-power-cut.trace",
                "freeze-and-thaw-backup-short.trace",
                "freeze-and-thaw-backup.trace",
                "freeze-and-thaw-primary-short.trace",
                "freeze-and-thaw-primary.trace",
                "guest-ended-unwatched.trace",
                "guest-network-pulled-at-backup.trace",
                "guest-network-pulled-from-both.trace",
                "guest-network-pulled.trace",
                "host-rebooted.trace",
                "manual-power-cut.trace",
                "old-reports.trace",
                "power-cut.trace",
                "replication-network-pulled.trace",
                "replication-port-down.trace",
                "safe-by-lease-backup-power-cut.trace",
                "safe-by-lease-link-cut.trace",
                "safe-by-lease-order.trace",
                "switchover-disk-full.trace",
                "switchover.trace",
                "takeover-disk-full.trace",
                "unprotect-unheard.trace",
                "unprotect.trace",
                "witness-answer-lost-primary-heard.trace",
                "witness-answer-lost.trace",
                "witness-away.trace",
                "witness-backup-power-cut.trace",
                "witness-enrolment-refused.trace",
                "witness-link-cut-backup-first.trace",
                "witness-link-cut.trace",
                "witness-power-cut.trace",
            ])
    }

    @Test(arguments: names) func theMachinesDecideAsWritten(name: String) throws {
        let path = "\(Self.folder)/\(name)"
        var replay = GoldenReplay()
        let decided = try replay.run(try Repository.text(path))
        try Repository.expect(decided, equals: path)
        // The rules hold in every trace, also in one that was just written anew.
        #expect(replay.brokenRules == [], "\(name)")
    }

    @Test func aWordThatIsNoEventIsNotPassedOver() {
        #expect(throws: GoldenReplay.Unreadable.self) {
            var replay = GoldenReplay()
            _ = try replay.run("1000 primary explodes\n")
        }
    }
}
