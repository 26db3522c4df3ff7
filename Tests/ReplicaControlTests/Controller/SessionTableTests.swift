import Heartbeat
import ReplicaModel
import SystemKit
import Testing
import XenToolstack

@testable import ReplicaControl
@testable import ReplicaProtocol

/// One session a domain, and what this host says of its domains.
@Suite struct SessionTableTests {
    private let domain = DomainIdentity(high: 1, low: 2)
    private let table = SessionTable()

    private static let terms = LeaseTerms(duration: 400, driftMargin: 50)
    private static let hosts = HostPair(own: "xen1", peer: "xen2")
    private static let rules = OwnershipRules(policy: .trustPaths)

    private func replica(
        _ generation: UInt64 = 5, of other: DomainIdentity? = nil
    ) -> ReplicaSession {
        let generation = Generation(rawValue: generation)
        return ReplicaSession(
            subject: .init(identity: other ?? domain, name: "web", disks: [], generation: generation),
            machine: BackupMachine(
                domain: other ?? domain, generation: generation, hosts: Self.hosts,
                lease: BackupLease(terms: Self.terms), rules: Self.rules))
    }

    private func machine(_ generation: Generation) -> PrimaryMachine {
        PrimaryMachine(
            domain: domain, generation: generation, hosts: Self.hosts, lease: PrimaryLease(terms: Self.terms),
            policy: .init(
                moveWhenLanIsLost: true, carrierDelay: 100, detectionTime: 300, ownership: Self.rules))
    }

    private func session(_ machine: PrimaryMachine) -> PrimarySession {
        PrimarySession(
            subject: .init(
                identity: domain, id: DomainID(rawValue: 3), name: "web", interfaces: [], disks: [],
                generation: machine.generation),
            machine: machine)
    }

    private func primary(_ generation: UInt64 = 5) -> PrimarySession {
        session(machine(Generation(rawValue: generation)))
    }

    private func owner(_ generation: UInt64 = 4) -> SessionTable.Entry {
        let session = session(machine(Generation(rawValue: generation)).owning(because: .peerDead))
        session.publish { $0.hasEnded = true }
        return .primary(session)
    }

    private func report(_ role: ClaimRole, generation: UInt64 = 5) throws -> HeartbeatReport {
        var report = HeartbeatReport(time: MonotonicTime(nanoseconds: 0), paths: [])
        report.verdict = .alive
        report.peerControllerConnected = true
        report.peerClaims = try #require(ClaimList([claim(role, generation)]))
        return report
    }

    private func claim(_ role: ClaimRole, _ generation: UInt64 = 5) -> DomainClaim {
        DomainClaim(domain: domain, role: role, generation: Generation(rawValue: generation), epoch: .none)
    }

    private func observe(_ report: HeartbeatReport?, superseded: Bool = false) -> Bool {
        table.observe(report) { _ in superseded ? Generation(rawValue: 6) : .none }.claims
    }

    // MARK: One session a domain

    @Test func aSecondSessionOfADomainIsKeptOut() throws {
        let first = replica()
        #expect(table.enter(.replica(first), for: domain) == nil)
        for second in [SessionTable.Entry.replica(replica(6)), .primary(primary(6)), owner()] {
            guard case .replica(let inTheWay)? = table.enter(second, for: domain) else {
                Issue.record("the first session is not in the way of \(second)")
                continue
            }
            #expect(inTheWay === first)
        }
        #expect(table.entries.count == 1)
    }

    @Test func anEndedSessionGivesItsPlaceAway() {
        let first = replica()
        #expect(table.enter(.replica(first), for: domain) == nil)
        first.publish { $0.hasEnded = true }
        let second = primary(6)
        #expect(table.enter(.primary(second), for: domain) == nil)
        guard case .primary(let now)? = table.entry(of: domain) else {
            Issue.record("the new session is not there")
            return
        }
        #expect(now === second)
        #expect(table.enter(.replica(replica(7)), for: domain) != nil)
        second.publish { $0.hasEnded = true }
        #expect(table.enter(.replica(replica(7)), for: domain) == nil)
    }

    @Test func anOwnerOnRecordGivesItsPlaceToASession() {
        #expect(table.enter(owner(), for: domain) == nil)
        #expect(table.enter(.primary(primary()), for: domain) == nil)
    }

    @Test func thereAreNoMoreSessionsThanClaims() {
        for number in 0..<UInt64(HeartbeatLimits.claims) {
            let other = DomainIdentity(high: 7, low: number)
            #expect(table.enter(.replica(replica(of: other)), for: other) == nil)
        }
        let session = replica()
        guard case .replica(let refused)? = table.enter(.replica(session), for: domain) else {
            Issue.record("one session more than there are claims")
            return
        }
        #expect(refused === session)
        #expect(table.claims.count == HeartbeatLimits.claims)
        table.remove(DomainIdentity(high: 7, low: 0))
        #expect(table.enter(.replica(session), for: domain) == nil)
    }

    /// The old session destroys its copy: one that begins now would begin with a guest that is going.
    @Test func aSessionThatStandsDownKeepsItsPlaceUntilItsDomainIsGone() {
        let session = session(machine(Generation(rawValue: 4)).owning(because: .peerDead))
        session.publish { $0.hasEnded = true }
        _ = table.enter(.primary(session), for: domain)
        session.publish { $0.state = .standingDown(.peerTookOver) }
        #expect(table.enter(.primary(primary(6)), for: domain) != nil)
        #expect(table.entry(of: domain)?.isReplaceable == false)
        session.publish { $0.isDestroyed = true }
        #expect(table.enter(.primary(primary(6)), for: domain) == nil)
    }

    /// Both hosts would stand down: this one for the peer's claim, the peer for the new session's.
    @Test(arguments: [ClaimRole.active, .unprotected, .protecting])
    func noNewGenerationIsBegunBesideAnOwnerThatIsNewer(role: ClaimRole) throws {
        _ = table.enter(owner(4), for: domain)
        _ = observe(try report(role, generation: 5))
        #expect(table.enter(.primary(primary(6)), for: domain) != nil)
        // The peer's own request for a replica here is what is to come.
        #expect(table.enter(.replica(replica(6)), for: domain) == nil)
    }

    @Test func anOlderClaimOfThePeerIsInNobodysWay() throws {
        _ = table.enter(owner(4), for: domain)
        _ = observe(try report(.disarmed, generation: 6))
        #expect(table.enter(.primary(primary(7)), for: domain) == nil)
    }

    /// While a backup is asked to accept it, or its output is being opened, it cannot be replaced, and has no replica.
    @Test func aDomainThatRunsAloneMayHaveASessionAtWork() {
        let session = session(machine(Generation(rawValue: 4)).owning(because: .peerDead))
        let entry = SessionTable.Entry.primary(session)
        #expect(entry.runsAlone && !entry.ownsWithoutReplica && !entry.isReplaceable)
        #expect(entry.ownedGeneration == .none)
        session.publish { $0.hasEnded = true }
        #expect(entry.runsAlone && entry.ownsWithoutReplica && entry.isReplaceable)
        #expect(entry.ownedGeneration == Generation(rawValue: 4))
    }

    // MARK: Places

    private func discarded(_ number: UInt64) -> DomainIdentity {
        let other = DomainIdentity(high: 7, low: number)
        let session = replica(of: other)
        _ = table.enter(.replica(session), for: other)
        session.publish {
            $0.hasEnded = true
            $0.state = .discarded(.primaryGaveUp)
            $0.claim.role = .disarmed
        }
        return other
    }

    /// A guest without a fixed UUID gets a new one at each start: the table must not fill up with them.
    @Test func endedReplicasMakeRoomForNewOnes() throws {
        for number in 0..<UInt64(HeartbeatLimits.claims) { _ = discarded(number) }
        #expect(table.enter(.replica(replica()), for: domain) != nil)
        _ = observe(try report(.seeding, generation: 6))
        #expect(table.removeSpent())
        #expect(table.entries.isEmpty && table.claims.isEmpty)
        #expect(table.enter(.replica(replica()), for: domain) == nil)
        #expect(!table.removeSpent())
    }

    @Test func aPrimaryThatStoodDownMakesRoom() throws {
        let session = primary()
        _ = table.enter(.primary(session), for: domain)
        _ = observe(try report(.disarmed, generation: 4))
        session.publish { $0.state = .standingDown(.peerTookOver) }
        #expect(!table.removeSpent())
        session.publish {
            $0.hasEnded = true
            $0.isDestroyed = true
        }
        #expect(table.removeSpent())
    }

    @Test func whatThePeerStillAsksForKeepsItsPlace() throws {
        let other = discarded(1)
        #expect(!table.removeSpent(), "the peer was not heard")
        var report = try report(.seeding)
        report.peerControllerConnected = true
        report.peerClaims = try #require(
            ClaimList([DomainClaim(domain: other, role: .holding, generation: .none, epoch: .none)]))
        _ = observe(report)
        #expect(!table.removeSpent())
        report.peerClaims = ClaimList()
        report.peerClaimsStale = true
        _ = observe(report)
        #expect(!table.removeSpent())
        report.peerClaimsStale = false
        report.peerControllerConnected = false
        _ = observe(report)
        #expect(!table.removeSpent())
    }

    @Test func aTakeoverThatFailedKeepsItsPlace() throws {
        let session = replica()
        _ = table.enter(.replica(session), for: domain)
        session.publish {
            $0.hasEnded = true
            $0.state = .discarded(.activationFailed)
            $0.claim = claim(.disarmed, 6)
        }
        var report = try report(.seeding)
        report.peerClaims = ClaimList()
        _ = observe(report)
        #expect(!table.removeSpent())
    }

    @Test func anOwnerKeepsItsPlace() throws {
        _ = table.enter(owner(), for: domain)
        _ = observe(try report(.disarmed))
        #expect(!table.removeSpent())
    }

    /// A primary that waits for an answer must hear it, however many domains there are.
    @Test func answersAndStandingClaimsComeBeforeAllOthers() throws {
        for number in 0..<UInt64(HeartbeatLimits.claims) { _ = discarded(number) }
        #expect(table.unsaidClaims == 0)
        let lost = DomainIdentity(high: 8, low: 8)
        table.stand(DomainClaim(domain: lost, role: .surrendered, generation: .none.next, epoch: .none))
        #expect(observe(try report(.holding)))
        let claims = table.claims
        #expect(claims.count == HeartbeatLimits.claims)
        #expect(claims.claim(on: domain)?.role == .disarmed)
        #expect(claims.claim(on: lost)?.role == .surrendered)
        #expect(table.unsaidClaims == 2)
    }

    @Test func sessionsAtWorkComeBeforeEndedOnes() throws {
        for number in 1..<UInt64(HeartbeatLimits.claims) { _ = discarded(number) }
        let working = DomainIdentity(high: 9, low: 9)
        _ = table.enter(.replica(replica(of: working)), for: working)
        #expect(observe(try report(.holding)))
        #expect(table.claims.claim(on: working)?.role == .receiving)
    }

    // MARK: Claims

    @Test func claimsAreThoseOfTheSessions() {
        let session = replica()
        _ = table.enter(.replica(session), for: domain)
        #expect(Array(table.claims) == [claim(.receiving)])
        session.publish { $0.claim.role = .armed }
        #expect(Array(table.claims) == [claim(.armed)])
        table.remove(domain)
        #expect(table.claims.isEmpty)
    }

    @Test func anOwnerOnRecordClaimsItsDomain() {
        _ = table.enter(owner(4), for: domain)
        #expect(Array(table.claims) == [claim(.unprotected, 4)])
    }

    @Test func onlyADomainThatRanAloneIsForgottenWithItsClaim() {
        let working = primary()
        _ = table.enter(.primary(working), for: domain)
        #expect(table.entry(of: domain)?.ownsWithoutReplica == false)
        #expect(!table.removeReplaceable(domain))
        #expect(table.claims.count == 1)
        table.remove(domain)
        _ = table.enter(owner(4), for: domain)
        #expect(table.entry(of: domain)?.ownsWithoutReplica == true)
        #expect(table.removeReplaceable(domain))
        #expect(table.claims.isEmpty)
    }

    // MARK: Answers

    @Test(arguments: [ClaimRole.holding, .surrendered])
    func aPrimaryThatWaitsForTheBackupIsToldThatThereIsNoReplicaHere(role: ClaimRole) throws {
        #expect(observe(try report(role)))
        #expect(Array(table.claims) == [claim(.disarmed)])
        // Said once, it is no news.
        #expect(!observe(try report(role)))
        #expect(Array(table.claims) == [claim(.disarmed)])
        #expect(observe(try report(.unprotected)))
        #expect(table.claims.isEmpty)
    }

    @Test(arguments: ClaimRole.allCases.filter { $0 != .holding && $0 != .surrendered })
    func noOtherClaimIsAnswered(role: ClaimRole) throws {
        #expect(!observe(try report(role)))
        #expect(table.claims.isEmpty)
    }

    @Test func nothingIsAnsweredForADomainThatThisHostOwnedSince() throws {
        #expect(!observe(try report(.holding), superseded: true))
        #expect(table.claims.isEmpty)
        #expect(observe(try report(.holding)))
        #expect(observe(try report(.holding), superseded: true))
        #expect(table.claims.isEmpty)
    }

    @Test func nothingIsAnsweredWhileTheRecordCannotBeRead() throws {
        #expect(!table.observe(try report(.holding)) { _ in nil }.claims)
        #expect(table.claims.isEmpty)
    }

    // MARK: Standing claims

    @Test func aClaimOnALostDomainStandsUntilThePeerHasAnswered() throws {
        table.stand(claim(.surrendered))
        #expect(Array(table.claims) == [claim(.surrendered)])
        for role in [ClaimRole.armed, .activating, .surrendered] {
            let changes = table.observe(try report(role)) { _ in Generation.none }
            #expect(!changes.claims && changes.settled == [])
        }
        #expect(Array(table.claims) == [claim(.surrendered)])
        let changes = table.observe(try report(.active, generation: 6)) { _ in Generation.none }
        #expect(changes.claims && changes.settled == [claim(.active, 6)])
        #expect(table.claims.isEmpty)
    }

    /// Two hosts that both lost the domain do not ask each other to disarm for ever.
    @Test func aStandingClaimIsNoAnswer() throws {
        table.stand(claim(.holding))
        #expect(!observe(try report(.holding)))
        #expect(Array(table.claims) == [claim(.holding)])
    }

    @Test func aNewSessionTakesTheStandingClaimBack() throws {
        table.stand(claim(.surrendered))
        _ = table.enter(.replica(replica(6)), for: domain)
        #expect(Array(table.claims) == [claim(.receiving, 6)])
    }

    @Test func aSessionAtWorkSpeaksForItself() throws {
        let session = replica()
        _ = table.enter(.replica(session), for: domain)
        #expect(!observe(try report(.holding)))
        #expect(Array(table.claims) == [claim(.receiving)])
    }

    @Test func anEndedSessionSpeaksForItself() throws {
        let session = replica()
        _ = table.enter(.replica(session), for: domain)
        session.publish {
            $0.hasEnded = true
            $0.claim.role = .disarmed
        }
        #expect(!observe(try report(.holding)))
        #expect(Array(table.claims) == [claim(.disarmed)])
    }

    @Test func anOwnerIsNeverSaidToBeDisarmed() throws {
        _ = table.enter(owner(4), for: domain)
        #expect(!observe(try report(.holding, generation: 5)))
        #expect(Array(table.claims) == [claim(.unprotected, 4)])
    }

    @Test func aNewSessionTakesTheAnswerBack() throws {
        _ = observe(try report(.holding))
        _ = table.enter(.replica(replica(6)), for: domain)
        #expect(Array(table.claims) == [claim(.receiving, 6)])
    }

    @Test func nothingIsConcludedWhileTheHeartbeatServiceIsAway() throws {
        #expect(!observe(nil))
        #expect(table.claims.isEmpty)
        _ = observe(try report(.holding))
        #expect(!observe(nil))
        #expect(table.report == nil)
        // The answer was true when it was given, and nothing has come that would change it.
        #expect(Array(table.claims) == [claim(.disarmed)])
    }

    // MARK: Reports

    @Test func everySessionHearsEachReport() throws {
        let session = primary()
        _ = table.enter(.primary(session), for: domain)
        let news = try report(.armed)
        _ = observe(news)
        #expect(table.report == news)
        guard case .report(let heard)? = session.mailbox.next(before: 0) else {
            Issue.record("the session heard no report")
            return
        }
        #expect(heard == news)
        _ = observe(nil)
        guard case .reportsLost? = session.mailbox.next(before: 0) else {
            Issue.record("the session did not hear that there are no reports")
            return
        }
    }

    @Test func aReplicaHearsOnlyTheNewestReport() throws {
        let session = replica()
        _ = table.enter(.replica(session), for: domain)
        _ = observe(nil)
        _ = observe(try report(.seeding))
        let newest = try report(.protecting)
        _ = observe(newest)
        guard case .reportsLost? = session.mailbox.next(before: 0) else {
            Issue.record("the session did not hear that there were no reports")
            return
        }
        guard case .report(let heard)? = session.mailbox.next(before: 0) else {
            Issue.record("the session heard no report")
            return
        }
        #expect(heard == newest)
        #expect(session.mailbox.next(before: 0) == nil)
    }
}
