import Heartbeat
import ReplicaModel
import Testing
import Witness

@testable import ReplicaProtocol

/// The primary's decisions, one rule at a time.
@Suite struct PrimaryMachineTests {
    private func machine(
        move: Bool = true, rules: OwnershipRules = Samples.trustPaths, faults: PlantedFaults = PlantedFaults()
    ) -> PrimaryMachine {
        PrimaryMachine(
            domain: Samples.domain, generation: Samples.generation, hosts: Samples.primaryHosts,
            lease: PrimaryLease(terms: Samples.terms),
            policy: .init(moveWhenLanIsLost: move, carrierDelay: 100, detectionTime: 300, ownership: rules),
            plantedFaults: faults)
    }

    private func protecting(_ machine: PrimaryMachine? = nil) -> PrimaryMachine {
        var machine = machine ?? self.machine()
        #expect(machine.obey(.barrier(Epoch(rawValue: 1)), at: 1_000) == [.publish])
        let actions = machine.obey(.acknowledged(Epoch(rawValue: 1), sentAt: time(1_000)), at: 1_010)
        #expect(actions == [.release(Epoch(rawValue: 1)), .publish])
        return machine
    }

    private func view(
        _ verdict: PeerVerdict, role: ClaimRole? = nil, generation: UInt64 = 5, confirmed: UInt64? = nil,
        ownLan: Bool = true, peerLan: Bool = true, replication: Bool = true
    ) -> HeartbeatReport {
        var report = Samples.report(verdict, role.map { Samples.claim($0, generation) })
        report.paths[0].localCarrier = ownLan
        report.paths[1].localCarrier = replication
        report.paths[0].lastEchoOfOurs = confirmed.map(time)
        report.peerCarriers.lan = peerLan
        return report
    }

    /// What follows from opening the output for good.
    private func opens(_ reason: ReasonCode, ending: Bool = true) -> [PrimaryMachine.Action] {
        (ending ? [.endConnection] : []) + [.publish, .record(reason), .persist(.owner, reason), .open]
    }

    private let standsDown: [PrimaryMachine.Action] = [
        .publish, .endConnection, .record(.peerTookOver), .discardDomain, .persist(.former, .peerTookOver),
    ]

    // MARK: Releases and the lease

    @Test func releasesOnlyTheAcknowledgedEpoch() {
        var machine = protecting()
        _ = machine.obey(.barrier(Epoch(rawValue: 2)), at: 1_100)
        // An acknowledgement of an earlier epoch, of a later one, and a second time.
        #expect(machine.obey(.acknowledged(Epoch(rawValue: 1), sentAt: time(1_100)), at: 1_110) == [])
        #expect(machine.obey(.acknowledged(Epoch(rawValue: 3), sentAt: time(1_100)), at: 1_110) == [])
        #expect(
            machine.obey(.acknowledged(Epoch(rawValue: 2), sentAt: time(1_100)), at: 1_120)
                == [.release(Epoch(rawValue: 2)), .publish])
        #expect(machine.obey(.acknowledged(Epoch(rawValue: 2), sentAt: time(1_100)), at: 1_130) == [])
    }

    @Test func holdsWhenTheLeaseHasRunOutBeforeTheRelease() {
        var machine = protecting()
        _ = machine.obey(.barrier(Epoch(rawValue: 2)), at: 1_100)
        // The acknowledgement was in the socket while the host was frozen for eight seconds.
        #expect(
            machine.obey(.acknowledged(Epoch(rawValue: 2), sentAt: time(1_110)), at: 9_110)
                == [.publish, .record(.leaseExpired)])
        #expect(machine.state == .holding(.leaseExpired))
        // The peer took over meanwhile: nothing was released, and the copy goes.
        #expect(machine.look(view(.alive, role: .active, generation: 6), at: 9_120) == standsDown)
        #expect(machine.released == Epoch(rawValue: 1))
    }

    @Test func releasesAfterAPauseWhenThePeerIsStillArmedAndTheLeaseIsRenewed() {
        var machine = protecting()
        _ = machine.obey(.barrier(Epoch(rawValue: 2)), at: 1_100)
        _ = machine.obey(.acknowledged(Epoch(rawValue: 2), sentAt: time(1_110)), at: 2_000)
        #expect(machine.look(view(.alive, role: .armed), at: 2_010) == [])
        #expect(machine.look(view(.alive, role: .activating, confirmed: 2_000), at: 2_015) == [])
        #expect(
            machine.look(view(.alive, role: .armed, confirmed: 2_000), at: 2_020)
                == [.release(Epoch(rawValue: 2)), .publish])
        #expect(machine.state == .protecting)
    }

    // MARK: The end of a protection

    @Test func opensAfterALostConnectionOnlyWhenThePeerIsDisarmed() {
        var machine = protecting()
        #expect(
            machine.obey(.connectionLost(.connectionLost), at: 1_200)
                == [.publish, .endConnection, .record(.connectionLost)])
        #expect(machine.claim.role == .holding)
        #expect(machine.look(view(.alive, role: .armed), at: 1_250) == [])
        // The word of an earlier protection does not count.
        #expect(machine.look(view(.alive, role: .disarmed, generation: 4), at: 1_260) == [])
        #expect(machine.look(view(.alive, role: .disarmed), at: 1_300) == opens(.connectionLost))
        #expect(machine.state == .unprotected(.connectionLost))
    }

    @Test func theOutputOpensOnlyWhenItIsOnRecordThatThereIsNoReplica() {
        var machine = protecting()
        let actions = machine.handle(.replicaGone(.restoreFailed), at: time(1_200))
        #expect(actions == [.endConnection, .publish, .record(.restoreFailed), .persist(.owner, .restoreFailed)])
        #expect(machine.handle(.persisted(.owner, true), at: time(1_201)) == [.open])
    }

    @Test func aFullDiskDoesNotKeepTheOutputShut() {
        var machine = protecting()
        let actions = machine.obey(.replicaGone(.restoreFailed), at: 1_200, diskIsFull: true)
        #expect(actions.suffix(2) == [.record(.storageFailed), .open])
    }

    /// Until it is on disk, a host that loses its power would give the domain away when it comes back.
    @Test func thatThisHostOwnsTheDomainAloneIsWrittenUntilItIsOnDisk() {
        var machine = protecting()
        _ = machine.obey(.replicaGone(.restoreFailed), at: 1_200, diskIsFull: true)
        let again = PrimaryMachine.Action.persist(.owner, .restoreFailed)
        #expect(machine.look(view(.alive), at: 2_199) == [])
        // Said once, it is no news; and the output is open.
        #expect(machine.obey(.report(view(.alive).made(at: time(2_200))), at: 2_200, diskIsFull: true) == [again])
        // The record matters also while the heartbeat service is away.
        _ = machine.obey(.reportsLost, at: 2_300)
        #expect(machine.obey(.tick, at: 3_199) == [])
        #expect(machine.obey(.tick, at: 3_200) == [again])
        #expect(machine.obey(.tick, at: 9_000) == [])
    }

    @Test func aWriteThatEndsAfterThePeerTookOverOpensNothing() {
        var machine = protecting()
        _ = machine.handle(.replicaGone(.restoreFailed), at: time(1_200))
        _ = machine.handle(.peerActivated(Generation(rawValue: 6)), at: time(1_201))
        #expect(machine.handle(.persisted(.owner, true), at: time(1_202)) == [])
    }

    @Test func unprotectWaitsForTheReplicaToBeGone() {
        var machine = protecting()
        #expect(
            machine.obey(.stopRequested(.operatorRequest), at: 1_200)
                == [.publish, .record(.operatorRequest), .sendStop])
        #expect(!machine.mayRunEpochs)
        #expect(
            machine.obey(.replicaGone(.primaryEnded), at: 1_220) == opens(.operatorRequest, ending: false))
        #expect(machine.state == .unprotected(.operatorRequest))
    }

    @Test func aLostReplicaEndsTheProtectionAtOnce() {
        var machine = protecting()
        #expect(machine.obey(.replicaGone(.restoreFailed), at: 1_200) == opens(.restoreFailed))
    }

    @Test func aFailureOfTheFirstCopyLeavesTheGuestUntouched() {
        var machine = machine()
        #expect(machine.obey(.connectionLost(.connectionLost), at: 10) == opens(.connectionLost))
    }

    @Test func noCheckpointIsWaitedForWithoutAReplicationPort() {
        var machine = protecting()
        #expect(machine.look(view(.alive, role: .armed, replication: false), at: 1_100) == [])
        #expect(machine.look(view(.alive, role: .armed), at: 1_150) == [])
        #expect(machine.look(view(.alive, role: .armed, replication: false), at: 1_250) == [])
        #expect(machine.look(view(.alive, role: .armed, replication: false), at: 1_349) == [])
        #expect(
            machine.look(view(.alive, role: .armed, replication: false), at: 1_350)
                == [.publish, .endConnection, .record(.replicationLinkLost)])
        #expect(machine.state == .holding(.replicationLinkLost))
    }

    // MARK: The peer's controller

    /// The peer's host is heard; its heartbeat service has the last claims of a controller that is gone.
    private func abandoned(_ role: ClaimRole? = .armed, _ verdict: PeerVerdict = .alive) -> HeartbeatReport {
        var report = view(verdict, role: role)
        report.peerControllerConnected = false
        report.peerClaimsStale = true
        return report
    }

    private func holding(_ rules: OwnershipRules) -> PrimaryMachine {
        var machine = protecting(machine(rules: rules))
        _ = machine.obey(.connectionLost(.connectionLost), at: 1_200)
        return machine
    }

    @Test(arguments: OwnershipPolicy.allCases, [ClaimRole.armed, .receiving])
    func goesOnAloneWhenThePeersControllerStaysAway(policy: OwnershipPolicy, role: ClaimRole) {
        var machine = holding(OwnershipRules(policy: policy))
        #expect(machine.look(abandoned(role), at: 1_300) == [])
        #expect(machine.look(abandoned(role), at: 11_299) == [])
        #expect(machine.look(abandoned(role), at: 11_300) == opens(.peerControllerLost))
        #expect(machine.state == .unprotected(.peerControllerLost))
    }

    @Test func aControllerThatComesBackIsWaitedForAnew() {
        var machine = holding(OwnershipRules(policy: .safeByLease))
        _ = machine.look(abandoned(), at: 1_300)
        #expect(machine.look(view(.alive, role: .armed, confirmed: 9_000), at: 9_000) == [])
        #expect(machine.look(abandoned(), at: 9_100) == [])
        #expect(machine.look(abandoned(), at: 19_099) == [])
        #expect(machine.look(abandoned(), at: 19_100) == opens(.peerControllerLost))
    }

    /// Only a controller that was armed, and of which the host is there, is known to have taken nothing over.
    @Test(arguments: [ClaimRole.activating, .active, .disarmed, .holding, nil])
    func nothingFollowsFromALostControllerThatWasNotArmed(role: ClaimRole?) {
        var machine = holding(OwnershipRules(policy: .safeByLease))
        let claimed = abandoned(role)
        guard role != .disarmed else { return #expect(machine.look(claimed, at: 1_300) == opens(.connectionLost)) }
        #expect(machine.look(claimed, at: 1_300) == [])
        #expect(machine.look(abandoned(role), at: 30_000) == [])
        #expect(machine.state == .holding(.connectionLost))
    }

    @Test func aSilentHostsControllerIsNotSaidToBeLost() {
        var machine = holding(OwnershipRules(policy: .safeByLease))
        #expect(machine.look(abandoned(.armed, Samples.dead), at: 1_400) == [.record(.ownerUnknown)])
        #expect(machine.look(abandoned(.armed, Samples.dead), at: 30_000) == [])
    }

    @Test func claimsOfAControllerThatIsGoneDisownNothing() {
        var machine = protecting()
        var report = view(.alive)
        _ = machine.look(report, at: 1_100)
        #expect(machine.peerDisowns)
        report.peerClaimsStale = true
        _ = machine.look(report, at: 1_110)
        #expect(!machine.peerDisowns)
        _ = machine.look(view(.alive, role: .armed), at: 1_120)
        #expect(!machine.peerDisowns)
    }

    // MARK: Silence

    @Test func goesOnUnprotectedWhenThePeerIsDeadAndTheLanIsUp() {
        var machine = protecting()
        #expect(
            machine.look(view(Samples.dead), at: 1_400)
                == [.publish, .endConnection, .record(.peerDead)] + opens(.peerDead))
        #expect(machine.state == .unprotected(.peerDead))
    }

    @Test func holdsWhenItIsTheOneThatIsCutOff() {
        var machine = protecting()
        #expect(
            machine.look(view(Samples.dead, ownLan: false), at: 1_400)
                == [.publish, .endConnection, .record(.peerDead), .record(.isolated)])
        #expect(machine.look(view(Samples.dead, ownLan: false), at: 60_000) == [])
        #expect(machine.state == .holding(.peerDead))
    }

    @Test func staysCutOffUntilThePeerIsHeardAlthoughTheCarrierIsBack() {
        var machine = protecting()
        _ = machine.look(view(Samples.dead, ownLan: false), at: 1_400)
        // The cable is in again, and the first word of the peer, which took over meanwhile, is still on its way.
        #expect(machine.look(view(Samples.dead), at: 9_000) == [])
        #expect(machine.state == .holding(.peerDead))
        #expect(machine.look(view(.alive, role: .active, generation: 6), at: 9_150) == standsDown)
    }

    @Test func aPeerThatOnlyBeginsToTakeOverIsNotYetTheOwner() {
        var machine = protecting()
        _ = machine.obey(.connectionLost(.connectionLost), at: 1_100)
        #expect(machine.look(view(.alive, role: .activating, generation: 6), at: 1_200) == [])
        // It fell silent in the middle of it: it may own the domain, so nothing opens.
        #expect(machine.look(view(Samples.dead), at: 9_000) == [.record(.ownerUnknown)])
        #expect(machine.state == .holding(.connectionLost))
        // It could not start its replica, and gave it up.
        #expect(machine.look(view(.alive, role: .disarmed, generation: 6), at: 9_500) == opens(.connectionLost))
    }

    /// Under the manual policy nobody is fenced, so an agent in the configuration makes nothing safer.
    @Test(arguments: [false, true])
    func underTheManualPolicyATakeoverThatWasOrderedIsNotOvertaken(fencing: Bool) {
        let rules = OwnershipRules(policy: .manual, fencing: fencing)
        var machine = protecting(machine(rules: rules))
        _ = machine.obey(.connectionLost(.connectionLost), at: 1_100)
        _ = machine.look(view(.alive, role: .activating, generation: 6), at: 1_200)
        #expect(machine.look(view(Samples.dead), at: 9_000) == [.record(.ownerUnknown)])
        var restarted = self.machine(rules: rules).adopting(wasHandedOver: false)
        #expect(restarted.look(view(Samples.dead), at: 10) == [.record(.isolated)])
    }

    @Test func aFreshAcknowledgementOutweighsASilentHeartbeat() {
        var machine = protecting()
        #expect(machine.look(view(Samples.dead), at: 1_100) == [])
        #expect(machine.state == .protecting)
    }

    /// A frozen controller finds reports in its queue, and keeps the last one that it saw.
    @Test func aReportOfBeforeAFreezeSaysNothingOfNow() {
        var machine = protecting()
        let old = view(Samples.dead).made(at: time(1_700))
        #expect(machine.obey(.report(old), at: 2_001) == [])
        #expect(machine.state == .protecting)
        #expect(machine.obey(.report(old), at: 2_000) != [])
    }

    @Test func noTickConcludesAnythingFromAnOldReport() {
        var machine = protecting(machine(rules: OwnershipRules(policy: .witness)))
        _ = machine.obey(.connectionLost(.connectionLost), at: 1_020)
        _ = machine.look(view(Samples.dead), at: 1_100)
        #expect(machine.obey(.tick, at: 1_401) == [])
    }

    @Test func nothingFollowsFromSilenceWhileThereAreNoReports() {
        var machine = protecting()
        _ = machine.look(view(.alive, role: .armed), at: 1_100)
        _ = machine.obey(.reportsLost, at: 1_110)
        #expect(machine.obey(.tick, at: 9_000) == [])
        #expect(machine.state == .protecting)
    }

    @Test func aPeerOfWhomNothingIsHeardAtAllIsSilentInTheEnd() {
        var machine = protecting()
        #expect(machine.look(view(.unknown), at: 2_000) == [])
        #expect(machine.look(view(.unknown), at: 2_599) == [])
        #expect(machine.look(view(.unknown), at: 2_600).last == .open)
    }

    // MARK: Who may go on alone

    @Test func holdsForADeadPeerWhenNobodyCanShowThatItIsDead() {
        var machine = protecting(machine(rules: OwnershipRules(policy: .safeByLease)))
        #expect(
            machine.look(view(Samples.dead), at: 1_400)
                == [.publish, .endConnection, .record(.peerDead), .record(.ownerUnknown)])
        #expect(machine.look(view(Samples.dead), at: 60_000) == [])
        #expect(machine.state == .holding(.peerDead))
    }

    @Test func anOperatorsOrderOpensWhatIsHeldForADeadPeer() {
        var machine = protecting(machine(rules: OwnershipRules(policy: .safeByLease)))
        // Not before there is anything to decide.
        #expect(machine.obey(.ordered, at: 1_050) == [])
        _ = machine.look(view(Samples.dead), at: 1_400)
        #expect(machine.obey(.ordered, at: 20_000) == opens(.operatorOrder))
        #expect(machine.state == .unprotected(.operatorOrder))
    }

    @Test func anOrderAgainstThePeersOwnWordIsNotFollowed() {
        var machine = protecting(machine(rules: OwnershipRules(policy: .safeByLease)))
        _ = machine.obey(.connectionLost(.connectionLost), at: 1_100)
        _ = machine.look(view(.alive, role: .armed), at: 1_150)
        #expect(machine.obey(.ordered, at: 1_200) == [])
        #expect(machine.state == .holding(.connectionLost))
    }

    @Test func theWitnessDecidesWhetherToGoOn() {
        var machine = protecting(machine(rules: OwnershipRules(policy: .witness)))
        #expect(
            machine.look(view(Samples.dead), at: 1_400)
                == [
                    .publish, .endConnection, .record(.peerDead),
                    .ask(.askWitness(number: 1, .swap(expected: Samples.enrolled, new: Samples.kept))),
                ])
        #expect(machine.obey(.witnessAnswered(1, .granted), at: 1_450) == opens(.peerDead))
    }

    @Test func whoTheWitnessRefusesHolds() {
        var machine = protecting(machine(rules: OwnershipRules(policy: .witness)))
        _ = machine.look(view(Samples.dead), at: 1_400)
        #expect(
            machine.obey(.witnessAnswered(1, .refused(Samples.taken)), at: 1_450) == [.record(.witnessRefused)])
        #expect(machine.look(view(Samples.dead), at: 9_000) == [])
        #expect(machine.state == .holding(.peerDead))
    }

    @Test func anAnswerAfterThePeerTookOverOpensNothing() {
        var machine = protecting(machine(rules: OwnershipRules(policy: .witness)))
        _ = machine.look(view(Samples.dead), at: 1_400)
        #expect(machine.look(view(.alive, role: .active, generation: 6), at: 1_450) == standsDown)
        #expect(machine.obey(.witnessAnswered(1, .granted), at: 1_460) == [])
    }

    /// A host that no client can reach leaves the domain to the other one.
    @Test func aHostThatIsCutOffDoesNotAskTheWitness() {
        var machine = protecting(machine(rules: OwnershipRules(policy: .witness)))
        _ = machine.look(view(Samples.dead, ownLan: false), at: 1_400)
        #expect(machine.state == .holding(.peerDead))
        // The witness knows what the carrier cannot tell.
        let actions = machine.look(view(Samples.dead), at: 9_000)
        #expect(
            actions == [.ask(.askWitness(number: 1, .swap(expected: Samples.enrolled, new: Samples.kept)))])
    }

    /// The agent settles what the carrier cannot tell.
    @Test func aHostWithoutACarrierFencesNobodyUntilItHasOneAgain() {
        var machine = protecting(machine(rules: OwnershipRules(policy: .safeByLease, fencing: true)))
        #expect(machine.look(view(Samples.dead, ownLan: false), at: 1_400).last == .record(.isolated))
        #expect(machine.look(view(Samples.dead), at: 9_000) == [.ask(.fence(number: 1))])
    }

    @Test func aFencedPeerIsGone() {
        var machine = protecting(machine(rules: OwnershipRules(policy: .safeByLease, fencing: true)))
        #expect(machine.look(view(Samples.dead), at: 1_400).last == .ask(.fence(number: 1)))
        #expect(machine.obey(.fenced(1, true), at: 1_900) == opens(.peerDead))
    }

    @Test func aFailedFencingIsTriedAgain() {
        var machine = protecting(machine(rules: OwnershipRules(policy: .safeByLease, fencing: true)))
        _ = machine.look(view(Samples.dead), at: 1_400)
        #expect(machine.obey(.fenced(1, false), at: 1_900) == [.record(.fencingFailed)])
        #expect(machine.look(view(Samples.dead), at: 2_899) == [])
        #expect(machine.look(view(Samples.dead), at: 2_900) == [.ask(.fence(number: 2))])
        #expect(machine.state == .holding(.peerDead))
    }

    // MARK: Enrolment

    @Test func noReplicaIsArmedBeforeTheWitnessHasItOnRecord() {
        var machine = machine(rules: OwnershipRules(policy: .witness))
        #expect(!machine.mayArm)
        let first: UInt64 = 1 << 63 | 1
        #expect(machine.obey(.tick, at: 10) == [.ask(.askWitness(number: first, .read))])
        #expect(
            machine.obey(.witnessAnswered(first, .record(nil)), at: 20)
                == [.ask(.askWitness(number: first + 1, .swap(expected: nil, new: Samples.enrolled)))])
        #expect(!machine.mayArm)
        #expect(machine.obey(.witnessAnswered(first + 1, .granted), at: 30) == [])
        #expect(machine.mayArm)
    }

    @Test func aDomainThatTheWitnessHasElsewhereIsNotProtected() {
        var machine = machine(rules: OwnershipRules(policy: .witness))
        _ = machine.obey(.tick, at: 10)
        let newer = WitnessRecord(owner: "xen2", generation: Generation(rawValue: 6), replica: nil)
        #expect(
            machine.obey(.witnessAnswered(1 << 63 | 1, .record(newer)), at: 20)
                == [.sendStop] + opens(.staleGeneration))
    }

    @Test(arguments: [OwnershipPolicy.safeByLease, .trustPaths, .manual])
    func withoutAWitnessNothingIsEnrolled(policy: OwnershipPolicy) {
        var machine = machine(rules: OwnershipRules(policy: policy))
        #expect(machine.mayArm)
        #expect(machine.obey(.tick, at: 10) == [])
    }

    // MARK: Moves

    private func finalCheckpoint(_ machine: inout PrimaryMachine, diskIsFull: Bool = false) -> [PrimaryMachine.Action] {
        _ = machine.obey(.barrier(Epoch(rawValue: 2)), at: 1_210)
        return machine.obey(
            .acknowledged(Epoch(rawValue: 2), sentAt: time(1_220)), at: 1_230, diskIsFull: diskIsFull)
    }

    @Test func movesTheDomainWhenOnlyThisLanIsLost() {
        var machine = protecting()
        #expect(machine.look(view(.alive, role: .armed, ownLan: false), at: 1_100) == [])
        #expect(
            machine.look(view(.alive, role: .armed, ownLan: false), at: 1_200)
                == [.record(.lanLost), .captureFinalCheckpoint])
        #expect(
            finalCheckpoint(&machine)
                == [.persist(.surrendered, .lanLost), .publish, .record(.handedOver), .sendHandover])
        #expect(machine.claim.role == .surrendered)
        #expect(machine.released == Epoch(rawValue: 1))
        #expect(machine.look(view(.alive, role: .active, generation: 6), at: 1_400) == standsDown)
    }

    @Test func anEpochOnItsWayIsNotTheFinalCheckpoint() {
        var machine = protecting()
        _ = machine.obey(.barrier(Epoch(rawValue: 2)), at: 1_090)
        #expect(
            machine.obey(.switchoverRequested(.operatorRequest), at: 1_200)
                == [.record(.operatorRequest), .captureFinalCheckpoint])
        #expect(
            machine.obey(.acknowledged(Epoch(rawValue: 2), sentAt: time(1_095)), at: 1_210)
                == [.release(Epoch(rawValue: 2)), .publish])
        _ = machine.obey(.barrier(Epoch(rawValue: 3)), at: 1_220)
        #expect(
            machine.obey(.acknowledged(Epoch(rawValue: 3), sentAt: time(1_230)), at: 1_240)
                == [.persist(.surrendered, .operatorRequest), .publish, .record(.handedOver), .sendHandover])
    }

    @Test func staysWhenBothLansAreLost() {
        var machine = protecting()
        for moment: UInt64 in [1_100, 1_300, 9_000] {
            #expect(machine.look(view(.alive, role: .armed, ownLan: false, peerLan: false), at: moment) == [])
        }
        #expect(machine.state == .protecting)
    }

    @Test func staysWhenTheOperatorWantsItSo() {
        var machine = protecting(machine(move: false))
        #expect(machine.look(view(.alive, role: .armed, ownLan: false), at: 1_100) == [])
        #expect(machine.look(view(.alive, role: .armed, ownLan: false), at: 9_000) == [])
    }

    @Test func nobodyHearsOfAHandoverThatIsNotOnDisk() {
        var machine = protecting()
        _ = machine.obey(.switchoverRequested(.operatorRequest), at: 1_200)
        _ = machine.obey(.barrier(Epoch(rawValue: 2)), at: 1_210)
        let actions = machine.handle(.acknowledged(Epoch(rawValue: 2), sentAt: time(1_220)), at: time(1_230))
        #expect(actions == [.persist(.surrendered, .operatorRequest)])
        #expect(machine.claim.role == .protecting)
        #expect(!machine.mayRunGuest && !machine.mayRunEpochs)
    }

    @Test func aHandoverThatCannotBeWrittenDownDoesNotHappen() {
        var machine = protecting()
        _ = machine.obey(.switchoverRequested(.operatorRequest), at: 1_200)
        #expect(
            finalCheckpoint(&machine, diskIsFull: true)
                == [
                    .persist(.surrendered, .operatorRequest), .record(.storageFailed), .release(Epoch(rawValue: 2)),
                    .publish,
                ])
        #expect(machine.state == .protecting)
        #expect(machine.mayRunGuest && machine.mayRunEpochs && machine.canSwitchOver)
    }

    @Test func aMoveWhoseConnectionBreaksIsGivenUpWithAReason() {
        var machine = protecting()
        _ = machine.obey(.switchoverRequested(.operatorRequest), at: 1_200)
        #expect(
            machine.obey(.connectionLost(.connectionLost), at: 1_210)
                == [.publish, .endConnection, .record(.connectionLost), .record(.moveAbandoned)])
        #expect(machine.mayRunGuest && machine.state == .holding(.connectionLost))
    }

    @Test func aSecondSwitchoverIsNotBegun() {
        var machine = protecting()
        #expect(machine.canSwitchOver)
        _ = machine.obey(.switchoverRequested(.operatorRequest), at: 1_200)
        #expect(!machine.canSwitchOver)
        #expect(machine.obey(.switchoverRequested(.operatorRequest), at: 1_201) == [])
    }

    @Test func keepsHoldingAfterAHandoverUntilThePeerSpeaks() {
        var machine = protecting()
        _ = machine.obey(.switchoverRequested(.operatorRequest), at: 1_200)
        _ = finalCheckpoint(&machine)
        #expect(machine.obey(.connectionLost(.connectionLost), at: 1_300) == [])
        #expect(machine.look(view(Samples.dead), at: 9_000) == [])
        #expect(machine.state == .surrendered(.operatorRequest))
        #expect(machine.look(view(.alive, role: .disarmed, generation: 6), at: 9_500) == opens(.operatorRequest))
    }

    // MARK: After a restart

    @Test func anAdoptedDomainHoldsUntilThePeerHasSpoken() {
        var machine = machine().adopting(wasHandedOver: false)
        #expect(machine.look(view(.unknown), at: 10) == [])
        #expect(machine.look(view(.alive, role: .armed), at: 20) == [])
        #expect(machine.look(view(.alive, role: .disarmed), at: 30) == opens(.controllerRestarted))
    }

    /// A controller that was just started does not know whether it is cut off: see `docs/invariants.md`.
    @Test func anAdoptedDomainDoesNotOpenForAPeerThatWasNeverHeard() {
        var machine = machine().adopting(wasHandedOver: false)
        #expect(machine.look(view(Samples.dead), at: 10) == [.record(.isolated)])
        #expect(machine.state == .holding(.controllerRestarted))
    }

    @Test func anAdoptedDomainIsBidForWhereTheSilenceDoesNotDecide() {
        var witnessed = machine(rules: OwnershipRules(policy: .witness)).adopting(wasHandedOver: false)
        #expect(
            witnessed.look(view(Samples.dead), at: 10)
                == [.ask(.askWitness(number: 1, .swap(expected: Samples.enrolled, new: Samples.kept)))])
        var fencing = machine(rules: OwnershipRules(policy: .safeByLease, fencing: true))
            .adopting(wasHandedOver: false)
        #expect(fencing.look(view(Samples.dead), at: 10) == [.ask(.fence(number: 1))])
    }

    @Test func aHandedOverDomainStaysSuspendedAfterARestart() {
        var machine = machine().adopting(wasHandedOver: true)
        #expect(!machine.mayRunGuest)
        #expect(machine.claim.role == .surrendered)
        #expect(machine.look(view(Samples.dead), at: 10) == [])
        #expect(machine.look(view(.alive, role: .active, generation: 6), at: 20) == standsDown)
    }

    @Test func anOwnerWithoutAReplicaStandsDownWhenThePeerOwnsTheDomain() {
        var machine = machine().owning(because: .peerDead)
        #expect(machine.look(view(.alive, role: .armed, generation: 5), at: 10) == [])
        #expect(machine.look(view(.alive, role: .active, generation: 4), at: 20) == [])
        #expect(machine.look(view(.alive, role: .active, generation: 6), at: 30) == standsDown)
    }

    @Test(arguments: ClaimRole.allCases)
    func onlyAClaimOfANewerOwnerTakesTheDomainAway(role: ClaimRole) {
        var machine = protecting()
        let isOwner = [ClaimRole.seeding, .protecting, .holding, .unprotected, .active].contains(role)
        #expect((machine.look(view(.alive, role: role, generation: 6), at: 1_100) == standsDown) == isOwner)
    }

    // MARK: Planted faults

    /// Every check above that keeps a rule fails once the rule is broken on purpose.
    @Test func plantedFaultsOfThePrimaryAreFound() {
        var early = machine(faults: PlantedFaults([.releaseBeforeAcknowledgement]))
        #expect(early.obey(.barrier(Epoch(rawValue: 1)), at: 1_000).contains(.release(Epoch(rawValue: 1))))

        var late = machine(faults: PlantedFaults([.releaseWithoutLease]))
        _ = late.obey(.barrier(Epoch(rawValue: 1)), at: 1_000)
        #expect(
            late.obey(.acknowledged(Epoch(rawValue: 1), sentAt: time(1_000)), at: 9_000)
                .contains(.release(Epoch(rawValue: 1))))

        var hasty = protecting(machine(faults: PlantedFaults([.openOnLostConnection])))
        #expect(hasty.obey(.connectionLost(.connectionLost), at: 1_200).contains(.open))

        var cutOff = protecting(machine(faults: PlantedFaults([.ignoresOwnCarrier])))
        #expect(cutOff.look(view(Samples.dead, ownLan: false), at: 1_400).contains(.open))

        var forgetful = protecting(machine(faults: PlantedFaults([.handoverNotRecorded])))
        _ = forgetful.obey(.switchoverRequested(.operatorRequest), at: 1_200)
        #expect(!finalCheckpoint(&forgetful).contains(.persist(.surrendered, .operatorRequest)))

        var deaf = protecting(machine(faults: PlantedFaults([.disarmedIsNotHeard])))
        _ = deaf.obey(.connectionLost(.connectionLost), at: 1_200)
        #expect(deaf.look(view(.alive, role: .disarmed), at: 1_300) == [])

        var thawed = protecting(machine(faults: PlantedFaults([.oldReportsCount])))
        #expect(thawed.obey(.report(view(Samples.dead).made(at: time(1_700))), at: 9_000).contains(.open))
    }
}
