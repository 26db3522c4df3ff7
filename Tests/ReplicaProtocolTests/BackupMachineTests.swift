import ReplicaModel
import Testing
import Witness

@testable import Heartbeat
@testable import ReplicaProtocol

/// The backup's decisions, one rule at a time.
@Suite struct BackupMachineTests {
    private let generation = Samples.generation

    private func machine(
        rules: OwnershipRules = Samples.trustPaths, faults: PlantedFaults = PlantedFaults()
    ) -> BackupMachine {
        BackupMachine(
            domain: Samples.domain, generation: generation, hosts: Samples.backupHosts,
            lease: BackupLease(terms: Samples.terms), rules: rules, plantedFaults: faults)
    }

    /// A replica with its first checkpoint; a witness that is there shows the primary's entry at once.
    private func armed(_ machine: BackupMachine? = nil) -> BackupMachine {
        var machine = machine ?? self.machine()
        let looks: [BackupMachine.Action] =
            machine.rules.policy == .witness ? [.ask(.askWitness(number: Samples.firstLook, .read))] : []
        #expect(machine.obey(.heard, at: 1_000) == looks)
        if !looks.isEmpty {
            #expect(machine.obey(.witnessAnswered(Samples.firstLook, .record(Samples.enrolled)), at: 1_000) == [])
        }
        let actions = machine.obey(.verified(Epoch(rawValue: 1), generation: generation), at: 1_000)
        #expect(actions == [.publish, .acknowledge(Epoch(rawValue: 1)), .apply(Epoch(rawValue: 1))])
        return machine
    }

    private func view(
        _ verdict: PeerVerdict, role: ClaimRole? = .protecting, generation: UInt64 = 5, heard: UInt64? = nil,
        confirmed: UInt64? = nil, ownLan: Bool = true, stall: UInt64? = nil, epoch: UInt64 = 0, serial: UInt64 = 0
    ) -> HeartbeatReport {
        var report = Samples.report(verdict, role.map { Samples.claim($0, generation, epoch: epoch) })
        report.paths[0].localCarrier = ownLan
        report.paths[0].lastHeard = heard.map(time)
        report.paths[0].lastEchoOfOurs = confirmed.map(time)
        report.claimsSerial = serial
        report.lateness.graceSince = stall.map(time)
        return report
    }

    /// The primary was last heard at 1,100 ms; the service sends the claims with this number.
    private func dead(serial: UInt64 = 7) -> HeartbeatReport { view(Samples.dead, heard: 1_100, serial: serial) }

    /// A replica whose lease is withdrawn, at 1,570 ms, with the actions that followed.
    private func decided(_ rules: OwnershipRules) -> (machine: BackupMachine, actions: [BackupMachine.Action]) {
        var machine = armed(machine(rules: rules))
        _ = machine.look(dead(), at: 1_551)
        _ = machine.obey(.leaseWithdrawn(claimsSerial: 8), at: 1_552)
        let actions = machine.look(dead(serial: 8), at: 1_570)
        return (machine, actions)
    }

    private let withdraws: [BackupMachine.Action] = [.record(.leaseWithdrawn), .withdrawLease]

    private func rearms(_ reason: ReasonCode = .peerAlive) -> [BackupMachine.Action] { [.publish, .record(reason)] }

    private func takesOver(_ reason: ReasonCode) -> [BackupMachine.Action] {
        let next = Generation(rawValue: 6)
        return [.record(reason), .persist(.successor, next, reason), .publish, .activate(next)]
    }

    private func givesUp(_ reason: ReasonCode, telling: Bool = true) -> [BackupMachine.Action] {
        [.discard, .publish, .record(reason)] + (telling ? [.sendReplicaGone(reason)] : [])
    }

    // MARK: Commits

    @Test func commitsInOrderAndOnlyOfItsGeneration() {
        var machine = armed()
        #expect(machine.obey(.verified(Epoch(rawValue: 3), generation: generation), at: 1_010) == [])
        #expect(machine.obey(.verified(Epoch(rawValue: 1), generation: generation), at: 1_010) == [])
        #expect(machine.obey(.verified(Epoch(rawValue: 2), generation: Generation(rawValue: 4)), at: 1_010) == [])
        #expect(machine.committed == Epoch(rawValue: 1))
        #expect(
            machine.obey(.verified(Epoch(rawValue: 2), generation: generation), at: 1_020)
                == [.acknowledge(Epoch(rawValue: 2)), .apply(Epoch(rawValue: 2)), .publish])
    }

    @Test func acknowledgesNothingThatIsStillArriving() {
        var machine = armed()
        #expect(machine.obey(.arriving(Epoch(rawValue: 2), generation: generation), at: 1_010) == [])
        #expect(machine.committed == Epoch(rawValue: 1))
    }

    // MARK: Takeovers

    @Test func takesOverOnlyAfterLeaseAndMarginAndTheWithdrawalOfTheLease() {
        var machine = armed()
        #expect(machine.obey(.connectionLost, at: 1_010) == [])
        #expect(machine.look(dead(), at: 1_549) == [])
        #expect(machine.look(dead(), at: 1_551) == withdraws)
        #expect(machine.claim.role == .activating)
        #expect(machine.claim.generation == generation)
        _ = machine.obey(.leaseWithdrawn(claimsSerial: 8), at: 1_552)
        // The service has not sent the changed claim yet: an echo of it could still renew the primary's lease.
        #expect(machine.look(dead(), at: 1_560) == [])
        #expect(machine.look(dead(serial: 8), at: 1_570) == takesOver(.primaryDead))
        #expect(machine.claim.generation == Generation(rawValue: 6))
        #expect(machine.look(dead(serial: 8), at: 1_600) == [])
    }

    @Test func theDomainRunsOnlyWhenItsGenerationIsOnDisk() {
        var machine = armed()
        #expect(
            machine.handle(.handedOver(generation), at: time(1_020))
                == [.record(.handedOver), .persist(.successor, Generation(rawValue: 6), .handedOver)])
        #expect(machine.handle(.tick, at: time(9_000)) == [])
        #expect(
            machine.handle(.persisted(.successor, true), at: time(9_001))
                == [.publish, .activate(Generation(rawValue: 6))])
        // A whole domain that stands still does not run before this host is its owner on disk.
        #expect(
            machine.handle(.restored, at: time(9_500)) == [.persist(.owner, Generation(rawValue: 6), .handedOver)])
        #expect(machine.handle(.persisted(.successor, true), at: time(9_501)) == [])
        #expect(machine.handle(.persisted(.owner, true), at: time(9_502)) == [.run])
    }

    @Test func aFullDiskIsTriedAgainBeforeTheDomainRuns() {
        var machine = armed()
        #expect(
            machine.obey(.handedOver(generation), at: 1_020, diskIsFull: true).last == .record(.storageFailed))
        #expect(machine.obey(.tick, at: 2_019, diskIsFull: true) == [])
        let again = BackupMachine.Action.persist(.successor, Generation(rawValue: 6), .handedOver)
        // Said once, it is no news.
        #expect(machine.obey(.tick, at: 2_020, diskIsFull: true) == [again])
        #expect(machine.obey(.tick, at: 2_021, diskIsFull: true) == [])
        #expect(machine.obey(.tick, at: 3_020) == [again, .publish, .activate(Generation(rawValue: 6))])
    }

    @Test func grantsTheLeaseAgainWhenThePrimaryIsHeardDuringTheWithdrawal() {
        var machine = armed()
        _ = machine.look(dead(), at: 1_551)
        _ = machine.obey(.leaseWithdrawn(claimsSerial: 8), at: 1_552)
        #expect(machine.look(view(.alive, heard: 1_555, serial: 8), at: 1_560) == rearms())
        #expect(machine.state == .armed)
        #expect(machine.claim.role == .armed)
    }

    @Test func grantsTheLeaseAgainWhenSilenceProvesNothingAnyMore() {
        var machine = armed()
        _ = machine.look(dead(), at: 1_551)
        #expect(machine.obey(.reportsLost, at: 1_552) == rearms(.heartbeatLost))
        #expect(machine.state == .armed)
    }

    @Test func neverTakesOverWithoutACheckpoint() {
        var machine = machine()
        _ = machine.obey(.heard, at: 1_000)
        #expect(machine.obey(.handedOver(generation), at: 1_010) == [])
        #expect(machine.obey(.ordered, at: 1_010) == [])
        #expect(machine.look(view(Samples.dead, heard: 1_000), at: 1_100) == [])
        #expect(
            machine.look(view(Samples.dead, heard: 1_000), at: 9_000) == givesUp(.connectionLost, telling: false))
        #expect(machine.obey(.verified(Epoch(rawValue: 1), generation: generation), at: 9_010) == [])
    }

    @Test func anAliveHostWithADeadControllerIsNotTakenOver() {
        var machine = armed()
        _ = machine.obey(.connectionLost, at: 1_010)
        #expect(machine.look(view(.alive, heard: 9_000), at: 9_010) == [])
        #expect(machine.state == .armed)
    }

    @Test func doesNotTakeOverWithoutALanOfItsOwn() {
        var machine = armed()
        #expect(
            machine.look(view(Samples.dead, heard: 1_100, ownLan: false), at: 2_000) == [.record(.ownLanLost)])
        #expect(machine.look(view(Samples.dead, heard: 1_100, ownLan: false), at: 3_000) == [])
        #expect(machine.state == .armed)
    }

    @Test func staysCutOffUntilThePrimaryIsHeardAlthoughTheCarrierIsBack() {
        var machine = armed()
        _ = machine.look(view(Samples.dead, heard: 1_100, ownLan: false), at: 2_000)
        #expect(machine.look(dead(), at: 3_000) == [])
        #expect(machine.look(view(.alive, heard: 3_100), at: 3_100) == [])
        #expect(machine.look(view(Samples.dead, heard: 3_100), at: 4_000) == withdraws)
    }

    /// What a frozen controller finds in its queue is of before the freeze.
    @Test func aReportOfBeforeAFreezeTakesNothingOver() {
        var machine = armed()
        let old = dead().made(at: time(1_600))
        #expect(machine.obey(.report(old), at: 2_001) == [])
        #expect(machine.obey(.report(old), at: 2_000) == withdraws)
    }

    @Test func doesNotTakeOverAfterAFreezeUntilThePrimaryConfirms() {
        var machine = armed()
        // Frozen from 1,100 to 9,000; the primary went on without us, then died.
        #expect(
            machine.look(view(Samples.dead, heard: 9_000, confirmed: 1_090, stall: 9_000), at: 9_600)
                == [.record(.unconfirmedAfterStall)])
        #expect(machine.state == .armed)
        // Had it confirmed a heartbeat of ours sent after the freeze, the replica would be good.
        #expect(machine.look(view(.alive, heard: 9_700, confirmed: 9_650, stall: 9_000), at: 9_700) == [])
        #expect(
            machine.look(view(Samples.dead, heard: 9_700, confirmed: 9_650, stall: 9_000), at: 10_500)
                == withdraws)
    }

    // MARK: Handovers

    @Test func takesOverAtOnceWhenHandedOver() {
        var machine = armed()
        #expect(machine.obey(.handedOver(Generation(rawValue: 4)), at: 1_010) == [])
        #expect(machine.obey(.handedOver(generation), at: 1_020) == takesOver(.handedOver))
    }

    @Test func theClaimOfASurrenderedPrimaryIsAHandover() {
        var machine = armed()
        _ = machine.obey(.connectionLost, at: 1_010)
        // Not the checkpoint that was surrendered, and not the primary's generation.
        #expect(machine.look(view(.alive, role: .surrendered, heard: 1_100, epoch: 2), at: 1_100) == [])
        #expect(
            machine.look(view(.alive, role: .surrendered, generation: 4, heard: 1_100, epoch: 1), at: 1_105) == [])
        #expect(
            machine.look(view(.alive, role: .surrendered, heard: 1_100, epoch: 1), at: 1_110)
                == takesOver(.handedOver))
    }

    // MARK: Who may take over

    @Test func underTheManualPolicyOnlyAnOrderTakesOver() {
        var machine = armed(machine(rules: OwnershipRules(policy: .manual)))
        #expect(machine.look(dead(), at: 1_551) == [.record(.awaitingOperator)])
        #expect(machine.look(dead(), at: 60_000) == [])
        #expect(machine.claim.role == .armed)
        #expect(machine.obey(.ordered, at: 60_010) == takesOver(.operatorOrder))
    }

    @Test func theBackupAsksTheWitnessAfterThePrimarysHeadStart() {
        var (machine, actions) = decided(OwnershipRules(policy: .witness, headStart: 150))
        #expect(actions == [.record(.bidBegun)])
        #expect(machine.state == .deciding)
        #expect(machine.obey(.tick, at: 1_719) == [])
        #expect(
            machine.obey(.tick, at: 1_720)
                == [.ask(.askWitness(number: 1, .swap(expected: Samples.enrolled, new: Samples.taken)))])
        #expect(machine.obey(.witnessAnswered(1, .granted), at: 1_750) == takesOver(.primaryDead))
    }

    @Test func whoTheWitnessRefusesGivesTheReplicaUp() {
        var (machine, _) = decided(OwnershipRules(policy: .witness, headStart: 0))
        #expect(
            machine.obey(.witnessAnswered(1, .refused(Samples.kept)), at: 1_600) == givesUp(.witnessRefused))
    }

    @Test func aWitnessThatIsAwayIsAskedAgain() {
        var (machine, _) = decided(OwnershipRules(policy: .witness, headStart: 0))
        #expect(machine.obey(.witnessAnswered(1, Samples.unreachable), at: 1_600) == [.record(.witnessUnreachable)])
        #expect(machine.look(dead(serial: 8), at: 2_599) == [])
        #expect(
            machine.look(dead(serial: 8), at: 2_600)
                == [.ask(.askWitness(number: 2, .swap(expected: Samples.enrolled, new: Samples.taken)))])
        #expect(machine.obey(.witnessAnswered(2, Samples.unreachable), at: 2_700) == [])
        // Nothing was asked that could still be granted, so the replica is good when the primary is heard again.
        #expect(machine.look(view(.alive, heard: 2_800, serial: 8), at: 2_800) == rearms())
        #expect(machine.state == .armed)
    }

    /// The witness may have this host as the owner, and would refuse the primary from now on.
    @Test func aReplicaThatTheWitnessMayHaveAsTheOwnerIsGivenUpWhenThePrimaryIsHeardAgain() {
        var (machine, _) = decided(OwnershipRules(policy: .witness, headStart: 0))
        // An answer is still to come: it decides.
        #expect(machine.look(view(.alive, heard: 1_590, serial: 8), at: 1_590) == [])
        _ = machine.obey(.witnessAnswered(1, Samples.timedOut), at: 1_600)
        #expect(machine.look(view(.alive, heard: 1_610, serial: 8), at: 1_610) == givesUp(.witnessUncertain))
    }

    @Test func aFencedPrimaryIsGone() {
        var (machine, actions) = decided(OwnershipRules(policy: .safeByLease, fencing: true, fenceDelay: 0))
        #expect(actions == [.record(.bidBegun), .ask(.fence(number: 1))])
        #expect(machine.obey(.fenced(1, false), at: 1_600) == [.record(.fencingFailed)])
        #expect(machine.look(dead(serial: 8), at: 2_600) == [.ask(.fence(number: 2))])
        // The result of the first try, a second time.
        #expect(machine.obey(.fenced(1, true), at: 2_610) == [])
        #expect(machine.obey(.fenced(2, true), at: 2_620) == takesOver(.primaryDead))
    }

    @Test func aFailedFencingLeavesTheReplicaAsItWasWhenThePrimaryIsHeardAgain() {
        var (machine, _) = decided(OwnershipRules(policy: .safeByLease, fencing: true, fenceDelay: 0))
        _ = machine.obey(.fenced(1, false), at: 1_600)
        #expect(machine.look(view(.alive, heard: 1_610, serial: 8), at: 1_610) == rearms())
        #expect(machine.state == .armed)
    }

    // MARK: The entry at the witness

    private func receiving() -> BackupMachine {
        var machine = machine(rules: OwnershipRules(policy: .witness, retryDelay: 1_000))
        #expect(machine.obey(.heard, at: 1_000) == [.ask(.askWitness(number: Samples.firstLook, .read))])
        return machine
    }

    /// What the witness may have instead of this protection's entry.
    private static let otherEntries: [WitnessRecord?] = [
        nil, Samples.kept, Samples.taken,
        WitnessRecord(owner: "xen1", generation: Generation(rawValue: 4), replica: "xen2"),
        WitnessRecord(owner: "xen1", generation: Samples.generation, replica: "xen3"),
    ]

    /// A backup that asks another witness than the primary would find it out when the primary is dead.
    @Test(arguments: otherEntries)
    func nothingIsAcknowledgedBeforeTheWitnessShowsThePrimarysEntry(other: WitnessRecord?) {
        var machine = receiving()
        #expect(machine.obey(.verified(Epoch(rawValue: 1), generation: generation), at: 1_001) == [])
        #expect(machine.keepsVerified && machine.claim.role == .receiving && machine.committed == .none)
        #expect(
            machine.obey(.witnessAnswered(Samples.firstLook, .record(other)), at: 1_010)
                == [.record(.witnessRecordMissing)])
        #expect(machine.keepsVerified && machine.obey(.tick, at: 2_009) == [])
        let second = Samples.firstLook + 1
        #expect(machine.obey(.tick, at: 2_010) == [.ask(.askWitness(number: second, .read))])
        // The answer to the first look, a second time.
        #expect(machine.obey(.witnessAnswered(Samples.firstLook, .record(Samples.enrolled)), at: 2_015) == [])
        #expect(
            machine.obey(.witnessAnswered(second, .record(Samples.enrolled)), at: 2_020)
                == [.publish, .acknowledge(Epoch(rawValue: 1)), .apply(Epoch(rawValue: 1))])
        #expect(!machine.keepsVerified && machine.state == .armed)
    }

    @Test func aWitnessThatIsAwayArmsNoReplica() {
        var machine = receiving()
        #expect(machine.obey(.verified(Epoch(rawValue: 1), generation: generation), at: 1_001) == [])
        #expect(
            machine.obey(.witnessAnswered(Samples.firstLook, Samples.unreachable), at: 1_010)
                == [.record(.witnessUnreachable)])
        // What was never acknowledged is no replica: nothing is left of it when the primary goes.
        #expect(machine.obey(.connectionLost, at: 1_500) == givesUp(.connectionLost, telling: false))
        #expect(!machine.keepsVerified)
        #expect(machine.obey(.tick, at: 9_000) == [])
    }

    @Test func onlyTheFirstCheckpointWaitsForTheWitness() {
        var machine = armed(machine(rules: OwnershipRules(policy: .witness)))
        #expect(
            machine.obey(.verified(Epoch(rawValue: 2), generation: generation), at: 1_010)
                == [.acknowledge(Epoch(rawValue: 2)), .apply(Epoch(rawValue: 2)), .publish])
        #expect(machine.obey(.tick, at: 9_000) == [])
    }

    @Test func whatIsNotTheFirstCheckpointIsNotKept() {
        var machine = receiving()
        #expect(machine.obey(.verified(Epoch(rawValue: 2), generation: generation), at: 1_001) == [])
        #expect(!machine.keepsVerified)
        #expect(machine.obey(.verified(Epoch(rawValue: 1), generation: Generation(rawValue: 4)), at: 1_002) == [])
        #expect(!machine.keepsVerified)
    }

    /// It was emptied, or restored from a copy, or is another one: no replica is given up for it (safety rule 5).
    @Test(arguments: [nil, WitnessRecord(owner: "xen2", generation: Generation(rawValue: 4), replica: "xen1")])
    func aWitnessThatHasForgottenTheProtectionTakesNoReplicaAway(record: WitnessRecord?) {
        var (machine, _) = decided(OwnershipRules(policy: .witness, headStart: 0))
        #expect(
            machine.obey(.witnessAnswered(1, .refused(record)), at: 1_600) == [.record(.witnessRecordMissing)])
        #expect(machine.state == .deciding)
        #expect(
            machine.look(dead(serial: 8), at: 2_600)
                == [.ask(.askWitness(number: 2, .swap(expected: Samples.enrolled, new: Samples.taken)))])
        #expect(machine.obey(.witnessAnswered(2, .refused(record)), at: 2_610) == [])
        #expect(machine.look(view(.alive, heard: 2_620, serial: 8), at: 2_620) == rearms())
    }

    // MARK: Who fences first

    private func fencing(_ delay: Milliseconds, _ policy: OwnershipPolicy = .safeByLease) -> OwnershipRules {
        OwnershipRules(policy: policy, fencing: true, headStart: 0, fenceDelay: delay)
    }

    @Test func theBackupFencesAfterThePrimarysAgentHadItsTime() {
        var (machine, actions) = decided(fencing(5_000))
        #expect(actions == [.record(.bidBegun)])
        #expect(machine.look(dead(serial: 8), at: 6_569) == [])
        // The primary is heard again meanwhile: nothing was asked, so nothing is lost.
        var returned = machine
        #expect(returned.look(view(.alive, heard: 6_570, serial: 8), at: 6_570) == rearms())
        #expect(machine.look(dead(serial: 8), at: 6_570) == [.ask(.fence(number: 1))])
    }

    @Test func aPrimaryWithoutACarrierIsFencedAtOnce() {
        var machine = armed(machine(rules: fencing(5_000)))
        var lastWord = view(.alive, heard: 1_100)
        lastWord.peerCarriers.lan = false
        _ = machine.look(lastWord, at: 1_100)
        _ = machine.look(dead(), at: 1_551)
        _ = machine.obey(.leaseWithdrawn(claimsSerial: 8), at: 1_552)
        #expect(machine.look(dead(serial: 8), at: 1_570) == [.record(.bidBegun), .ask(.fence(number: 1))])
    }

    @Test func whomTheWitnessChoseFencesAtOnce() {
        var (machine, actions) = decided(fencing(5_000, .witness))
        #expect(actions.count == 2)
        #expect(machine.obey(.witnessAnswered(1, .granted), at: 1_600) == [.ask(.fence(number: 2))])
    }

    // MARK: What this host itself missed

    /// Neither this host's own cable nor its own freeze matters where the primary cannot have gone on without its word.
    @Test(arguments: [
        OwnershipRules(policy: .safeByLease), OwnershipRules(policy: .witness, headStart: 0),
        OwnershipRules(policy: .trustPaths, fencing: true, fenceDelay: 0),
    ])
    func whereSilenceDoesNotDecideAFlapAndAFreezeOfThisHostAreNoObstacle(rules: OwnershipRules) {
        var cutOff = armed(machine(rules: rules))
        #expect(
            cutOff.look(view(Samples.dead, heard: 1_100, ownLan: false), at: 2_000) == [.record(.ownLanLost)])
        #expect(cutOff.look(dead(), at: 3_000) == withdraws)
        var frozen = armed(machine(rules: rules))
        #expect(
            frozen.look(view(Samples.dead, heard: 9_000, confirmed: 1_090, stall: 9_000), at: 9_600) == withdraws)
        var deaf = armed(machine(rules: rules))
        #expect(deaf.obey(.reportsLost, at: 1_200) == [])
        #expect(deaf.look(dead(), at: 2_000) == withdraws)
    }

    /// The primary goes on alone when this host's controller has been away for long enough: see ``PrimaryMachineTests``.
    @Test(arguments: OwnershipPolicy.allCases)
    func aControllerThatHungUntilItsServiceDroppedItWaitsForThePrimarysWord(policy: OwnershipPolicy) {
        var machine = armed(machine(rules: OwnershipRules(policy: policy, headStart: 0)))
        _ = machine.look(view(.alive, heard: 1_100, confirmed: 1_090), at: 1_100)
        // It finds the reports of before, and the end of the connection.
        #expect(machine.obey(.report(view(.alive, heard: 1_200).made(at: time(1_200))), at: 30_000) == [])
        #expect(machine.obey(.reportsLost, at: 30_001) == [])
        #expect(
            machine.look(view(Samples.dead, heard: 1_200, confirmed: 1_190), at: 30_100)
                == [.record(.unconfirmedAfterStall)])
        #expect(machine.look(view(.alive, heard: 30_200, confirmed: 30_150), at: 30_200) == [])
        let next: [BackupMachine.Action] = policy == .manual ? [.record(.awaitingOperator)] : withdraws
        #expect(machine.look(view(Samples.dead, heard: 30_200, confirmed: 30_150), at: 31_000) == next)
    }

    @Test func withoutACurrentReportNobodyIsFenced() {
        var (machine, _) = decided(fencing(300))
        // The last report was made at 1,570; it says something of now for the time of a lease.
        #expect(machine.obey(.tick, at: 1_971) == [])
        #expect(machine.state == .deciding)
        #expect(machine.look(dead(serial: 8), at: 1_980) == [.ask(.fence(number: 1))])
    }

    @Test func aDecisionEndsWithTheHeartbeatServiceUnlessSomethingWasAsked() {
        var (waiting, _) = decided(fencing(5_000))
        #expect(waiting.obey(.reportsLost, at: 1_600) == rearms(.heartbeatLost))
        #expect(waiting.state == .armed && waiting.claim.role == .armed)
        #expect(waiting.obey(.tick, at: 9_000) == [])
        var (asking, _) = decided(fencing(0))
        #expect(asking.obey(.reportsLost, at: 1_600) == [])
        #expect(asking.state == .deciding)
        // No second try without a report, but the answer to what was asked counts.
        #expect(asking.obey(.fenced(1, true), at: 1_700) == takesOver(.primaryDead))
        var (uncertain, _) = decided(OwnershipRules(policy: .witness, headStart: 0))
        _ = uncertain.obey(.witnessAnswered(1, Samples.timedOut), at: 1_600)
        #expect(uncertain.obey(.reportsLost, at: 1_700) == [])
        #expect(uncertain.obey(.tick, at: 9_000) == [])
        #expect(uncertain.state == .deciding)
    }

    // MARK: The end of a replica

    @Test(arguments: [ClaimRole.holding, .unprotected])
    func givesUpWhenThePrimaryHoldsOrRunsUnprotected(role: ClaimRole) {
        var machine = armed()
        #expect(
            machine.look(view(.alive, role: role, heard: 1_100), at: 1_100)
                == givesUp(.primaryGaveUp, telling: false))
        #expect(machine.claim.role == .disarmed)
        #expect(machine.claim.generation == generation)
    }

    @Test func aClaimOfAnOlderGenerationChangesNothing() {
        var machine = armed()
        #expect(machine.look(view(.alive, role: .unprotected, generation: 4, heard: 1_100), at: 1_100) == [])
        #expect(machine.state == .armed)
    }

    @Test func aStoppedReplicaNeverRuns() {
        var machine = armed()
        #expect(machine.obey(.stopped(.primaryEnded), at: 1_010) == givesUp(.primaryEnded))
        #expect(machine.look(view(Samples.dead, heard: 1_000), at: 9_000) == [])
        #expect(machine.obey(.handedOver(generation), at: 9_010) == [])
        #expect(machine.obey(.ordered, at: 9_020) == [])
    }

    @Test func aFailedActivationIsTold() {
        var machine = armed()
        _ = machine.obey(.handedOver(generation), at: 1_020)
        #expect(
            machine.obey(.failed(.activationFailed), at: 1_500)
                == [
                    .discard, .record(.activationFailed), .persist(.successor, generation.next, .activationFailed),
                    .publish, .sendReplicaGone(.activationFailed),
                ])
        // Under the generation that it was to have, so that the primary knows which takeover it was.
        #expect(machine.claim == Samples.claim(.disarmed, 6, epoch: 1))
    }

    @Test func aWriteThatEndsAfterTheReplicaWasGivenUpActivatesNothing() {
        var machine = armed()
        _ = machine.handle(.handedOver(generation), at: time(1_020))
        _ = machine.handle(.failed(.activationFailed), at: time(1_030))
        #expect(machine.handle(.persisted(.successor, true), at: time(1_040)) == [])
        #expect(machine.handle(.restored, at: time(1_050)) == [])
    }

    @Test func aDomainThatRunsHereIsNeverSaidToBeGone() {
        var machine = armed()
        _ = machine.obey(.handedOver(generation), at: 1_020)
        #expect(machine.obey(.restored, at: 1_490).last == .run)
        #expect(machine.obey(.activated, at: 1_500) == [.publish, .record(.activated)])
        #expect(machine.obey(.failed(.restoreFailed), at: 1_600) == [])
        #expect(machine.obey(.stopped(.primaryEnded), at: 1_700) == [])
        #expect(machine.claim.role == .active)
    }

    // MARK: Planted faults

    /// Every check above that keeps a rule fails once the rule is broken on purpose.
    @Test func plantedFaultsOfTheBackupAreFound() {
        var early = armed(machine(faults: PlantedFaults([.acknowledgeBeforeVerification])))
        #expect(
            early.obey(.arriving(Epoch(rawValue: 2), generation: generation), at: 1_010)
                .contains(.acknowledge(Epoch(rawValue: 2))))

        var impatient = armed(machine(faults: PlantedFaults([.takeoverWithinLease])))
        #expect(impatient.look(dead(), at: 1_200) == withdraws)

        var quiet = armed(machine(faults: PlantedFaults([.leaseNotWithdrawn])))
        #expect(quiet.look(dead(), at: 1_551) == takesOver(.primaryDead))

        var cutOff = armed(machine(faults: PlantedFaults([.ignoresOwnCarrier])))
        #expect(cutOff.look(view(Samples.dead, heard: 1_100, ownLan: false), at: 2_000) == withdraws)

        var frozen = armed(machine(faults: PlantedFaults([.replicaUsedAfterStall])))
        #expect(
            frozen.look(view(Samples.dead, heard: 9_000, confirmed: 1_090, stall: 9_000), at: 9_600)
                == withdraws)

        var forgetful = armed(machine(faults: PlantedFaults([.activationNotRecorded])))
        #expect(forgetful.handle(.handedOver(generation), at: time(1_020)).contains(.activate(generation.next)))

        var silent = armed(machine(faults: PlantedFaults([.takeoverNotRecorded])))
        #expect(!silent.obey(.handedOver(generation), at: 1_020).contains(.record(.handedOver)))
    }
}
