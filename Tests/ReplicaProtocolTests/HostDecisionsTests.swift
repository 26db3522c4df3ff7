import Heartbeat
import ReplicaModel
import Testing

@testable import ReplicaProtocol

/// What a host decides about a domain for which it has no session.
@Suite struct HostDecisionsTests {
    // MARK: The start of a controller

    static let beginnings: [(OwnershipRecord.Role, isPresent: Bool, isSameBoot: Bool, HostDecisions.Beginning)] = [
        (.primary, true, true, .adopt), (.primary, true, false, .adoptHandedOver),
        (.surrendered, true, true, .adoptHandedOver), (.surrendered, true, false, .adoptHandedOver),
        (.owner, true, true, .own), (.owner, true, false, .own),
        // It ended while no controller looked, or it went down with the host.
        (.primary, false, true, .disarmPeer), (.primary, false, false, .surrender),
        (.surrendered, false, true, .surrender), (.surrendered, false, false, .surrender),
        (.owner, false, true, .leave), (.owner, false, false, .leave),
        (.backup, true, true, .leave), (.backup, true, false, .leave), (.backup, false, true, .leave),
        (.backup, false, false, .leave),
        (.former, true, true, .leave), (.former, true, false, .leave), (.former, false, true, .leave),
        (.former, false, false, .leave),
    ]

    @Test(arguments: beginnings)
    func aStartingControllerDoesWhatTheRecordAndTheHypervisorSay(
        role: OwnershipRecord.Role, isPresent: Bool, isSameBoot: Bool, beginning: HostDecisions.Beginning
    ) {
        #expect(HostDecisions.beginning(role, isPresent: isPresent, isSameBoot: isSameBoot) == beginning)
    }

    @Test func everyRoleHasABeginning() {
        for role in [OwnershipRecord.Role.primary, .backup, .owner, .surrendered, .former] {
            #expect(Self.beginnings.filter { $0.0 == role }.count == 4)
        }
    }

    @Test(
        arguments: [
            (.surrender, .surrendered), (.disarmPeer, .holding), (.adopt, nil), (.adoptHandedOver, nil), (.own, nil),
            (.leave, nil),
        ] as [(HostDecisions.Beginning, ClaimRole?)])
    func onlyADomainThatIsNotHereIsClaimedWithoutASession(beginning: HostDecisions.Beginning, role: ClaimRole?) {
        #expect(
            HostDecisions.claim(beginning, on: Samples.domain, generation: Samples.generation)
                == role.map { Samples.claim($0) })
    }

    /// A replica takes a claim of a domain that went down with its host for a handover of what it has.
    @Test func theReplicaOfADomainThatWentDownWithItsHostTakesOver() throws {
        var backup = BackupMachine(
            domain: Samples.domain, generation: Samples.generation, hosts: Samples.backupHosts,
            lease: BackupLease(terms: Samples.terms), rules: OwnershipRules(policy: .manual))
        _ = backup.obey(.verified(Epoch(rawValue: 1), generation: Samples.generation), at: 1_000)
        let claim = try #require(
            HostDecisions.claim(.surrender, on: Samples.domain, generation: Samples.generation))
        #expect(backup.look(Samples.report(.alive, claim), at: 90_000).last == .activate(Samples.generation.next))
    }

    // MARK: Answers

    @Test(arguments: ClaimRole.allCases)
    func onlyAPrimaryThatWaitsIsAnswered(role: ClaimRole) {
        let answer = HostDecisions.answer(to: Samples.claim(role, epoch: 7), recorded: Samples.generation)
        #expect(answer == (role == .holding || role == .surrendered ? Samples.claim(.disarmed) : nil))
    }

    @Test(arguments: [ClaimRole.holding, .surrendered])
    func aDomainThatMayHaveBeenOwnedHereIsNotAnsweredFor(role: ClaimRole) {
        let claim = Samples.claim(role)
        #expect(HostDecisions.answer(to: claim, recorded: Generation(rawValue: 6)) == nil)
        // A record that cannot be read may hold any generation.
        #expect(HostDecisions.answer(to: claim, recorded: nil) == nil)
        #expect(HostDecisions.answer(to: claim, recorded: Generation.none) == Samples.claim(.disarmed))
        #expect(
            HostDecisions.answer(
                to: claim, recorded: Generation(rawValue: 6), plantedFaults: PlantedFaults([.answersAsOwner])) != nil)
    }

    /// A primary that could not write its record speaks of an older generation than the replica was made under.
    @Test func aRecordOfAReplicaIsNoneOfOwnership() {
        let newer = Generation(rawValue: 6)
        let recorded = HostDecisions.owned(.backup, newer)
        #expect(HostDecisions.answer(to: Samples.claim(.holding), recorded: recorded) == Samples.claim(.disarmed))
        for role in [OwnershipRecord.Role.primary, .owner, .successor, .surrendered, .former] {
            #expect(HostDecisions.owned(role, newer) == newer)
        }
    }

    @Test(arguments: [(4, false), (5, false), (6, true)] as [(UInt64, Bool)])
    func onlyANewerGenerationMakesAReplica(generation: UInt64, isAdmitted: Bool) {
        let generation = Generation(rawValue: generation)
        #expect(HostDecisions.admits(generation, known: Samples.generation) == isAdmitted)
        #expect(
            HostDecisions.admits(
                generation, known: Samples.generation, plantedFaults: PlantedFaults([.oldGenerationAdmitted])))
    }

    // MARK: Standing claims

    @Test(arguments: ClaimRole.allCases, [4, 5, 6] as [UInt64])
    func aStandingClaimEndsWithThePeersAnswer(role: ClaimRole, generation: UInt64) {
        let settles =
            switch role {
            case .disarmed: generation >= 5
            case .active, .seeding, .protecting, .unprotected, .holding: generation > 5
            // It is under way, or says nothing of who has the domain.
            case .receiving, .armed, .activating, .surrendered: false
            }
        #expect(HostDecisions.settles(Samples.claim(role, generation), Samples.claim(.surrendered)) == settles)
    }
}
