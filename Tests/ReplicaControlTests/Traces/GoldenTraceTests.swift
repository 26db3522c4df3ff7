import Glibc
import Testing

/// What both hosts decide in the cases that count, written down in full and compared word for word.
///
/// A change of a decision shows as a change of a file. `UPDATE_GOLDEN=1` in the environment writes the files anew.
@Suite struct GoldenTraceTests {
    private static let folder = "Tests/ReplicaControlTests/Golden"

    private static let names = TemporaryDirectory.names(in: "\(Repository.root)/\(folder)")

    @Test func theCasesThatCountAreThere() {
        #expect(
            Self.names == [
                "backup-power-cut.trace",
                "both-networks-pulled-at-backup.trace",
                "both-networks-pulled.trace",
                "controller-kill-at-backup.trace",
                "controller-kill-backup-dies.trace",
                "controller-kill.trace",
                "freeze-and-thaw-backup-short.trace",
                "freeze-and-thaw-backup.trace",
                "freeze-and-thaw-primary-short.trace",
                "freeze-and-thaw-primary.trace",
                "guest-network-pulled-at-backup.trace",
                "guest-network-pulled-from-both.trace",
                "guest-network-pulled.trace",
                "power-cut.trace",
                "replication-network-pulled.trace",
                "unprotect-unheard.trace",
                "unprotect.trace",
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
