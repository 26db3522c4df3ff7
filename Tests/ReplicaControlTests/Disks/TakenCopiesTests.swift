import Glibc
import Heartbeat
import ReplicaModel
import TestSupport
import Testing

@testable import ReplicaControl

@Suite struct TakenCopiesTests {
    private let folder: TemporaryDirectory
    private let copies: TakenCopies
    private let domain = DomainIdentity(high: 1, low: 2)

    init() throws {
        folder = try TemporaryDirectory()
        copies = TakenCopies(folder: folder.path)
    }

    @Test func aCopyIsKnownUntilItsGuestOwnsIt() throws {
        try copies.note("r1", of: domain)
        try copies.note("r0", of: domain)
        // Another controller, after a crash.
        let found = TakenCopies(folder: folder.path).all()
        #expect(found.map(\.resource) == ["r0", "r1"])
        #expect(found.allSatisfy { $0.domain == domain })

        try copies.forget("r0")
        #expect(copies.all().map(\.resource) == ["r1"])
        try copies.forget("r0")
    }

    @Test func whatIsNoNoteIsNotTakenForOne() throws {
        for name in ["r0.undo", "r1.taken", "r2.taken.new"] {
            let file = try #require(fopen(folder.path + "/" + name, "w"))
            fputs("no domain", file)
            fclose(file)
        }
        #expect(copies.all().isEmpty)
        #expect(TakenCopies(folder: folder.path + "/missing").all().isEmpty)
    }

    @Test func aFolderThatIsGoneIsAnErrorBeforeThePromotion() {
        let missing = TakenCopies(folder: folder.path + "/missing")
        var failure: SessionFailure?
        do throws(SessionFailure) { try missing.note("r0", of: domain) } catch { failure = error }
        #expect(failure?.reason == .storageFailed)
    }

    @Test func onlyAPeerThatRunsTheDomainHasTheCopyThatCounts() {
        let running = ClaimRole.allCases.filter {
            MirrorReunion.runsThere(
                DomainClaim(domain: domain, role: $0, generation: Generation(rawValue: 3), epoch: .none))
        }
        #expect(Set(running) == [.seeding, .protecting, .unprotected, .active])
        // A host that may have its disks open for writing is not connected to; one of both would be wrong.
        for role in running {
            let claim = DomainClaim(domain: domain, role: role, generation: Generation(rawValue: 3), epoch: .none)
            #expect(!MirrorReunion.isSafe(with: claim))
        }
    }
}
