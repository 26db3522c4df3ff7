import Heartbeat
import ReplicaModel
import Testing

@testable import ReplicaControl
@testable import ReplicaProtocol

/// A generation that the backup never accepted is nobody's.
@Suite struct ProposalTests {
    private let domain = DomainIdentity(high: 1, low: 2)

    private func machine(_ generation: Generation) -> PrimaryMachine {
        PrimaryMachine(
            domain: domain, generation: generation, hosts: HostPair(own: "xen1", peer: "xen2"),
            lease: PrimaryLease(terms: LeaseTerms(duration: 400, driftMargin: 50)),
            policy: .init(
                moveWhenLanIsLost: true, carrierDelay: 100, detectionTime: 300,
                ownership: OwnershipRules(policy: .trustPaths)))
    }

    @Test func anOwnerSpeaksUnderItsOldGenerationUntilTheNewOneIsAccepted() {
        let owned = Proposal.Ownership(generation: Generation(rawValue: 4), reason: .peerDead)
        let proposal = Proposal(owned: owned, generation: Generation(rawValue: 5), machine: machine)
        #expect(proposal.present.claim.role == .unprotected)
        #expect(proposal.present.claim.generation == Generation(rawValue: 4))
        #expect(proposal.accepted.claim.role == .seeding)
        #expect(proposal.accepted.claim.generation == Generation(rawValue: 5))
        #expect(Proposal.isOpen(proposal.present, proposal.accepted))
    }

    /// The peer owns the domain under the generation that was proposed to it: this host still stands down.
    @Test func anOwnerStillStandsDownForTheGenerationThatItProposes() {
        let owned = Proposal.Ownership(generation: Generation(rawValue: 4), reason: .peerDead)
        var present = Proposal(owned: owned, generation: Generation(rawValue: 5), machine: machine).present
        var report = HeartbeatReport(time: MonotonicTime(nanoseconds: 0), paths: [])
        report.verdict = .alive
        _ = report.peerClaims.append(
            DomainClaim(domain: domain, role: .active, generation: Generation(rawValue: 5), epoch: .none))
        let actions = present.handle(.report(report), at: MonotonicTime(nanoseconds: 0))
        #expect(actions.contains(.discardDomain))
    }

    @Test func aDomainThatWasNeverOwnedIsSeedingFromTheFirst() {
        let proposal = Proposal(owned: nil, generation: Generation(rawValue: 1), machine: machine)
        #expect(proposal.present == proposal.accepted)
        #expect(!Proposal.isOpen(proposal.present, proposal.accepted))
        #expect(!Proposal.isOpen(proposal.present, nil))
    }

    /// A list of claims without a domain disowns it.
    @Test func aStartingControllerSaysNothingBeforeAllIsTakenUp() {
        #expect(ControllerService.startOrder == [.settleDisks, .takeUp, .speak, .admitReplicas, .serveOperator])
    }
}
