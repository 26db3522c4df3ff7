import ReplicaModel
import Testing

@testable import Heartbeat
@testable import ReplicaControl
@testable import ReplicaProtocol

/// The backup's decisions, one rule at a time.
@Suite struct BackupMachineTests {
    let domain = DomainIdentity(high: 1, low: 2)
    let generation = Generation(rawValue: 5)

    func time(_ milliseconds: UInt64) -> MonotonicTime { MonotonicTime(nanoseconds: milliseconds * 1_000_000) }

    func machine() -> BackupMachine {
        BackupMachine(
            domain: domain, generation: generation,
            lease: BackupLease(terms: LeaseTerms(duration: 400, driftMargin: 50)))
    }

    func armed() -> BackupMachine {
        var machine = machine()
        _ = machine.handle(.heard, at: time(1_000))
        let actions = machine.handle(.verified(Epoch(rawValue: 1), generation: generation), at: time(1_000))
        #expect(actions == [.acknowledge(Epoch(rawValue: 1)), .apply(Epoch(rawValue: 1))])
        return machine
    }

    func view(
        _ verdict: PeerVerdict, role: ClaimRole? = .protecting, generation: UInt64 = 5, heard: UInt64? = nil,
        confirmed: UInt64? = nil, ownLan: Bool = true, stall: UInt64? = nil, epoch: UInt64 = 0, serial: UInt64 = 0
    ) -> HeartbeatReport {
        let path = HeartbeatPath(
            name: "lan", network: .lan, localAddress: "192.0.2.1", peerAddress: "192.0.2.2", port: 7789,
            carrierInterface: "eth0")
        var report = HeartbeatReport(time: time(0), paths: [path])
        report.verdict = verdict
        report.paths[0].localCarrier = ownLan
        report.paths[0].lastHeard = heard.map(time)
        report.paths[0].lastEchoOfOurs = confirmed.map(time)
        report.claimsSerial = serial
        report.lateness.graceSince = stall.map(time)
        if let role {
            let claim = DomainClaim(
                domain: domain, role: role, generation: Generation(rawValue: generation), epoch: Epoch(rawValue: epoch))
            let added = report.peerClaims.append(claim)
            #expect(added)
        }
        return report
    }

    @Test func commitsInOrderAndOnlyOfItsGeneration() {
        var machine = armed()
        #expect(machine.handle(.verified(Epoch(rawValue: 3), generation: generation), at: time(1_010)) == [])
        #expect(machine.handle(.verified(Epoch(rawValue: 1), generation: generation), at: time(1_010)) == [])
        #expect(
            machine.handle(.verified(Epoch(rawValue: 2), generation: Generation(rawValue: 4)), at: time(1_010)) == [])
        #expect(machine.committed == Epoch(rawValue: 1))
        #expect(
            machine.handle(.verified(Epoch(rawValue: 2), generation: generation), at: time(1_020))
                == [.acknowledge(Epoch(rawValue: 2)), .apply(Epoch(rawValue: 2))])
    }

    @Test func takesOverOnlyAfterLeaseAndMarginAndTheWithdrawalOfTheLease() {
        var machine = armed()
        let dead = view(.dead(since: time(0)), heard: 1_100, serial: 7)
        #expect(machine.handle(.connectionLost, at: time(1_010)) == [])
        #expect(machine.handle(.report(dead), at: time(1_549)) == [])
        #expect(machine.handle(.report(dead), at: time(1_551)) == [.withdrawLease])
        #expect(machine.claim.role == .activating)
        #expect(machine.claim.generation == generation)
        _ = machine.handle(.leaseWithdrawn(claimsSerial: 8), at: time(1_552))
        // The service has not sent the changed claim yet: an echo of it could still renew the primary's lease.
        #expect(machine.handle(.report(dead), at: time(1_560)) == [])
        let confirmed = view(.dead(since: time(0)), heard: 1_100, serial: 8)
        #expect(
            machine.handle(.report(confirmed), at: time(1_570))
                == [.record(.primaryDead), .activate(Generation(rawValue: 6))])
        #expect(machine.claim.generation == Generation(rawValue: 6))
        #expect(machine.handle(.report(confirmed), at: time(1_600)) == [])
    }

    @Test func grantsTheLeaseAgainWhenThePrimaryIsHeardDuringTheWithdrawal() {
        var machine = armed()
        _ = machine.handle(.report(view(.dead(since: time(0)), heard: 1_100)), at: time(1_551))
        _ = machine.handle(.leaseWithdrawn(claimsSerial: 8), at: time(1_552))
        #expect(machine.handle(.report(view(.alive, heard: 1_555, serial: 8)), at: time(1_560)) == [])
        #expect(machine.state == .armed)
        #expect(machine.claim.role == .armed)
    }

    @Test func neverTakesOverWithoutACheckpoint() {
        var machine = machine()
        _ = machine.handle(.heard, at: time(1_000))
        #expect(machine.handle(.report(view(.dead(since: time(0)), heard: 1_000)), at: time(1_100)) == [])
        #expect(
            machine.handle(.report(view(.dead(since: time(0)), heard: 1_000)), at: time(9_000))
                == [.discard, .record(.connectionLost)])
        #expect(machine.handle(.verified(Epoch(rawValue: 1), generation: generation), at: time(9_010)) == [])
    }

    @Test func aDomainThatRunsHereIsNeverSaidToBeGone() {
        var machine = armed()
        _ = machine.handle(.handedOver(generation), at: time(1_020))
        _ = machine.handle(.activated, at: time(1_500))
        #expect(machine.handle(.failed(.restoreFailed), at: time(1_600)) == [])
        #expect(machine.handle(.stopped(.primaryEnded), at: time(1_700)) == [])
        #expect(machine.claim.role == .active)
    }

    @Test func anAliveHostWithADeadControllerIsNotTakenOver() {
        var machine = armed()
        _ = machine.handle(.connectionLost, at: time(1_010))
        #expect(machine.handle(.report(view(.alive, heard: 9_000)), at: time(9_010)) == [])
        #expect(machine.state == .armed)
    }

    @Test func doesNotTakeOverWithoutALanOfItsOwn() {
        var machine = armed()
        #expect(
            machine.handle(.report(view(.dead(since: time(0)), heard: 1_100, ownLan: false)), at: time(2_000))
                == [.record(.ownLanLost)])
        #expect(
            machine.handle(.report(view(.dead(since: time(0)), heard: 1_100, ownLan: false)), at: time(3_000)) == [])
        #expect(machine.state == .armed)
    }

    @Test func staysCutOffUntilThePrimaryIsHeardAlthoughTheCarrierIsBack() {
        var machine = armed()
        _ = machine.handle(.report(view(.dead(since: time(0)), heard: 1_100, ownLan: false)), at: time(2_000))
        #expect(machine.handle(.report(view(.dead(since: time(0)), heard: 1_100)), at: time(3_000)) == [])
        #expect(machine.handle(.report(view(.alive, heard: 3_100)), at: time(3_100)) == [])
        #expect(
            machine.handle(.report(view(.dead(since: time(0)), heard: 3_100)), at: time(4_000)) == [.withdrawLease])
    }

    @Test func givesUpWhenThePrimaryHoldsOrRunsUnprotected() {
        for role in [ClaimRole.holding, .unprotected] {
            var machine = armed()
            #expect(
                machine.handle(.report(view(.alive, role: role, heard: 1_100)), at: time(1_100))
                    == [.discard, .record(.primaryGaveUp)])
            #expect(machine.claim.role == .disarmed)
            #expect(machine.claim.generation == generation)
        }
    }

    @Test func aClaimOfAnOlderGenerationChangesNothing() {
        var machine = armed()
        #expect(
            machine.handle(.report(view(.alive, role: .unprotected, generation: 4, heard: 1_100)), at: time(1_100))
                == [])
        #expect(machine.state == .armed)
    }

    @Test func doesNotTakeOverAfterAFreezeUntilThePrimaryConfirms() {
        var machine = armed()
        // Frozen from 1,100 to 9,000; the primary went on without us, then died.
        #expect(
            machine.handle(
                .report(view(.dead(since: time(0)), heard: 9_000, confirmed: 1_090, stall: 9_000)), at: time(9_600))
                == [.record(.unconfirmedAfterStall)])
        #expect(machine.state == .armed)
        // Had it confirmed a heartbeat of ours sent after the freeze, the replica would be good.
        #expect(
            machine.handle(.report(view(.alive, heard: 9_700, confirmed: 9_650, stall: 9_000)), at: time(9_700)) == [])
        #expect(
            machine.handle(
                .report(view(.dead(since: time(0)), heard: 9_700, confirmed: 9_650, stall: 9_000)), at: time(10_500))
                == [.withdrawLease])
    }

    @Test func takesOverAtOnceWhenHandedOver() {
        var machine = armed()
        #expect(machine.handle(.handedOver(Generation(rawValue: 4)), at: time(1_010)) == [])
        #expect(
            machine.handle(.handedOver(generation), at: time(1_020))
                == [.record(.handedOver), .activate(Generation(rawValue: 6))])
    }

    @Test func theClaimOfASurrenderedPrimaryIsAHandover() {
        var machine = armed()
        _ = machine.handle(.connectionLost, at: time(1_010))
        // Not the checkpoint that was surrendered.
        #expect(
            machine.handle(.report(view(.alive, role: .surrendered, heard: 1_100, epoch: 2)), at: time(1_100)) == [])
        #expect(
            machine.handle(.report(view(.alive, role: .surrendered, heard: 1_100, epoch: 1)), at: time(1_110))
                == [.record(.handedOver), .activate(Generation(rawValue: 6))])
    }

    @Test func aStoppedReplicaNeverRuns() {
        var machine = armed()
        #expect(
            machine.handle(.stopped(.primaryEnded), at: time(1_010))
                == [.discard, .record(.primaryEnded), .sendReplicaGone(.primaryEnded)])
        #expect(machine.handle(.report(view(.dead(since: time(0)), heard: 1_000)), at: time(9_000)) == [])
        #expect(machine.handle(.handedOver(generation), at: time(9_010)) == [])
    }

    @Test func aFailedActivationIsTold() {
        var machine = armed()
        _ = machine.handle(.handedOver(generation), at: time(1_020))
        #expect(
            machine.handle(.failed(.activationFailed), at: time(1_500))
                == [.discard, .record(.activationFailed), .sendReplicaGone(.activationFailed)])
    }
}
