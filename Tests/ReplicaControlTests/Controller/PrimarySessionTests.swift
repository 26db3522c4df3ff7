import Heartbeat
import Pacing
import ReplicaModel
import SystemKit
import Testing
import XenToolstack

@testable import ReplicaControl
@testable import ReplicaProtocol

/// What others see of a protected domain, whatever its thread is at.
@Suite struct PrimarySessionTests {
    private let session: PrimarySession

    init() {
        let domain = DomainIdentity(high: 1, low: 2)
        let generation = Generation(rawValue: 5)
        session = PrimarySession(
            subject: .init(
                identity: domain, id: DomainID(rawValue: 3), name: "web", interfaces: [], disks: [],
                generation: generation),
            machine: PrimaryMachine(
                domain: domain, generation: generation, hosts: HostPair(own: "xen1", peer: "xen2"),
                lease: PrimaryLease(terms: LeaseTerms(duration: 400, driftMargin: 50)),
                policy: .init(
                    moveWhenLanIsLost: true, carrierDelay: 100, detectionTime: 300,
                    ownership: OwnershipRules(policy: .trustPaths))))
    }

    private func note(_ failure: SessionFailure) { session.publish { if $0.failure == nil { $0.failure = failure } } }

    /// The session's thread ends the connection when it is told to stop, and that must not look like the cause.
    @Test(arguments: [ReasonCode.cancelled, .operatorRequest])
    func aStopIsTheCauseOfWhatFollowsFromIt(reason: ReasonCode) {
        session.stop(reason)
        note(SessionFailure(.connectionLost, "the connection was shut down here"))
        #expect(session.isStopping)
        #expect(session.snapshot.failure?.reason == reason)
    }

    /// A guest that sends all the time must not crowd out what else the session is told (safety rule 6).
    @Test func wordsOfOutputAndOfSettingsWaitOnceAtMost() {
        for _ in 0..<1_000 {
            session.mailbox.post(.outputWaits)
            session.followSettings()
        }
        #expect(session.mailbox.post(.reportsLost))
        var waiting = 0
        while session.mailbox.next(before: 0) != nil { waiting += 1 }
        #expect(waiting == 3)
    }

    /// What a session is in charge of is not touched by those who look for what dead ones left.
    @Test func aSessionIsInChargeOfTheProcessorWhileEpochsRunAndUntilAllIsGivenBack() {
        #expect(!session.snapshot.holdsProcessor)
        session.publish { $0.pacing = PacingStatus(aimedMilliseconds: 100, trigger: .fixed, processorPercent: 75) }
        #expect(session.snapshot.holdsProcessor)
        session.publish { $0.hasEnded = true }
        #expect(!session.snapshot.holdsProcessor)
    }

    @Test func aStopDoesNotHideWhatWasTheCauseBefore() {
        let failure = SessionFailure(.peerMemoryShort, "too little memory")
        note(failure)
        session.stop(.cancelled)
        #expect(session.snapshot.failure == failure)
    }
}
