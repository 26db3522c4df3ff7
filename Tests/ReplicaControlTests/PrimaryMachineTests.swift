import Heartbeat
import ReplicaModel
import Testing

@testable import ReplicaControl
@testable import ReplicaProtocol

/// The primary's decisions, one rule at a time.
@Suite struct PrimaryMachineTests {
    let domain = DomainIdentity(high: 1, low: 2)

    func time(_ milliseconds: UInt64) -> MonotonicTime { MonotonicTime(nanoseconds: milliseconds * 1_000_000) }

    func machine(
        move: Bool = true, runUnprotected: Bool = true, lease: Milliseconds = 400
    ) -> PrimaryMachine {
        PrimaryMachine(
            domain: domain, generation: Generation(rawValue: 5), lease: PrimaryLease(terms: terms(lease)),
            policy: .init(
                moveWhenLanIsLost: move, carrierDelay: 100, runUnprotectedWhenPeerIsDead: runUnprotected,
                detectionTime: 300))
    }

    func protecting(_ machine: PrimaryMachine) -> PrimaryMachine {
        var machine = machine
        _ = machine.handle(.barrier(Epoch(rawValue: 1)), at: time(1_000))
        let actions = machine.handle(.acknowledged(Epoch(rawValue: 1), sentAt: time(1_000)), at: time(1_010))
        #expect(actions == [.release(Epoch(rawValue: 1))])
        return machine
    }

    func terms(_ lease: Milliseconds) -> LeaseTerms { LeaseTerms(duration: lease, driftMargin: 50) }

    func view(
        _ verdict: PeerVerdict, role: ClaimRole? = nil, generation: UInt64 = 5, confirmed: UInt64? = nil,
        ownLan: Bool = true, peerLan: Bool = true
    ) -> HeartbeatReport {
        let path = HeartbeatPath(
            name: "lan", network: .lan, localAddress: "192.0.2.1", peerAddress: "192.0.2.2", port: 7789,
            carrierInterface: "eth0")
        var report = HeartbeatReport(time: time(0), paths: [path])
        report.verdict = verdict
        report.paths[0].localCarrier = ownLan
        report.paths[0].lastEchoOfOurs = confirmed.map(time)
        report.peerCarriers.lan = peerLan
        if let role {
            let claim = DomainClaim(
                domain: domain, role: role, generation: Generation(rawValue: generation), epoch: .none)
            let added = report.peerClaims.append(claim)
            #expect(added)
        }
        return report
    }

    @Test func releasesOnlyTheAcknowledgedEpoch() {
        var machine = protecting(machine())
        _ = machine.handle(.barrier(Epoch(rawValue: 2)), at: time(1_100))
        // An acknowledgement of an earlier epoch, of a later one, and a second time.
        #expect(machine.handle(.acknowledged(Epoch(rawValue: 1), sentAt: time(1_100)), at: time(1_110)) == [])
        #expect(machine.handle(.acknowledged(Epoch(rawValue: 3), sentAt: time(1_100)), at: time(1_110)) == [])
        #expect(
            machine.handle(.acknowledged(Epoch(rawValue: 2), sentAt: time(1_100)), at: time(1_120))
                == [.release(Epoch(rawValue: 2))])
        #expect(machine.handle(.acknowledged(Epoch(rawValue: 2), sentAt: time(1_100)), at: time(1_130)) == [])
    }

    @Test func holdsWhenTheLeaseHasRunOutBeforeTheRelease() {
        var machine = protecting(machine())
        _ = machine.handle(.barrier(Epoch(rawValue: 2)), at: time(1_100))
        // The acknowledgement was in the socket while the host was frozen for eight seconds.
        #expect(
            machine.handle(.acknowledged(Epoch(rawValue: 2), sentAt: time(1_110)), at: time(9_110))
                == [.record(.leaseExpired)])
        #expect(machine.state == .holding(.leaseExpired))
        // The peer took over meanwhile: nothing was released, and the copy goes.
        #expect(
            machine.handle(.report(view(.alive, role: .active, generation: 6)), at: time(9_120))
                == [.endConnection, .record(.peerTookOver), .discardDomain])
        #expect(machine.released == Epoch(rawValue: 1))
    }

    @Test func releasesAfterAPauseWhenThePeerIsStillArmedAndTheLeaseIsRenewed() {
        var machine = protecting(machine())
        _ = machine.handle(.barrier(Epoch(rawValue: 2)), at: time(1_100))
        _ = machine.handle(.acknowledged(Epoch(rawValue: 2), sentAt: time(1_110)), at: time(2_000))
        #expect(machine.handle(.report(view(.alive, role: .armed)), at: time(2_010)) == [])
        #expect(
            machine.handle(.report(view(.alive, role: .armed, confirmed: 2_000)), at: time(2_020))
                == [.release(Epoch(rawValue: 2))])
        #expect(machine.state == .protecting)
    }

    @Test func opensAfterALostConnectionOnlyWhenThePeerIsDisarmed() {
        var machine = protecting(machine())
        #expect(
            machine.handle(.connectionLost(.connectionLost), at: time(1_200))
                == [.endConnection, .record(.connectionLost)])
        #expect(machine.claim.role == .holding)
        #expect(machine.handle(.report(view(.alive, role: .armed)), at: time(1_250)) == [])
        // The word of an earlier protection does not count.
        #expect(machine.handle(.report(view(.alive, role: .disarmed, generation: 4)), at: time(1_260)) == [])
        #expect(
            machine.handle(.report(view(.alive, role: .disarmed)), at: time(1_300))
                == [.endConnection, .record(.connectionLost), .open])
        #expect(machine.state == .unprotected(.connectionLost))
    }

    @Test func goesOnUnprotectedWhenThePeerIsDeadAndTheLanIsUp() {
        var machine = protecting(machine())
        #expect(
            machine.handle(.report(view(.dead(since: time(0)))), at: time(1_400))
                == [.endConnection, .record(.peerDead), .endConnection, .record(.peerDead), .open])
        #expect(machine.state == .unprotected(.peerDead))
    }

    @Test func holdsWhenItIsTheOneThatIsCutOff() {
        var machine = protecting(machine())
        #expect(
            machine.handle(.report(view(.dead(since: time(0)), ownLan: false)), at: time(1_400))
                == [.endConnection, .record(.peerDead), .record(.isolated)])
        #expect(machine.handle(.report(view(.dead(since: time(0)), ownLan: false)), at: time(60_000)) == [])
        #expect(machine.state == .holding(.peerDead))
    }

    @Test func staysCutOffUntilThePeerIsHeardAlthoughTheCarrierIsBack() {
        var machine = protecting(machine())
        _ = machine.handle(.report(view(.dead(since: time(0)), ownLan: false)), at: time(1_400))
        // The cable is in again, and the first word of the peer, which took over meanwhile, is still on its way.
        #expect(machine.handle(.report(view(.dead(since: time(0)))), at: time(9_000)) == [])
        #expect(machine.state == .holding(.peerDead))
        #expect(
            machine.handle(.report(view(.alive, role: .active, generation: 6)), at: time(9_150))
                == [.endConnection, .record(.peerTookOver), .discardDomain])
    }

    @Test func aPeerThatOnlyBeginsToTakeOverIsNotYetTheOwner() {
        var machine = protecting(machine())
        _ = machine.handle(.connectionLost(.connectionLost), at: time(1_100))
        #expect(machine.handle(.report(view(.alive, role: .activating, generation: 6)), at: time(1_200)) == [])
        // It fell silent in the middle of it: it may own the domain, so nothing opens.
        #expect(machine.handle(.report(view(.dead(since: time(0)))), at: time(9_000)) == [])
        // It could not start its replica, and gave it up.
        #expect(
            machine.handle(.report(view(.alive, role: .disarmed, generation: 6)), at: time(9_500))
                == [.endConnection, .record(.connectionLost), .open])
    }

    @Test func anEpochOnItsWayIsNotTheFinalCheckpoint() {
        var machine = protecting(machine())
        _ = machine.handle(.barrier(Epoch(rawValue: 2)), at: time(1_090))
        _ = machine.handle(.report(view(.alive, role: .armed, ownLan: false)), at: time(1_100))
        #expect(
            machine.handle(.report(view(.alive, role: .armed, ownLan: false)), at: time(1_200))
                == [.record(.lanLost), .captureFinalCheckpoint])
        #expect(
            machine.handle(.acknowledged(Epoch(rawValue: 2), sentAt: time(1_095)), at: time(1_210))
                == [.release(Epoch(rawValue: 2))])
        _ = machine.handle(.barrier(Epoch(rawValue: 3)), at: time(1_220))
        #expect(
            machine.handle(.acknowledged(Epoch(rawValue: 3), sentAt: time(1_230)), at: time(1_240))
                == [.record(.handedOver), .sendHandover])
    }

    @Test func anOwnerWithoutAReplicaStandsDownWhenThePeerOwnsTheDomain() {
        var machine = PrimaryMachine.owning(
            domain: domain, generation: Generation(rawValue: 5), lease: PrimaryLease(terms: terms(400)),
            policy: .init(
                moveWhenLanIsLost: true, carrierDelay: 100, runUnprotectedWhenPeerIsDead: true, detectionTime: 300),
            reason: .peerDead)
        #expect(machine.handle(.report(view(.alive, role: .armed, generation: 5)), at: time(10)) == [])
        #expect(machine.handle(.report(view(.alive, role: .active, generation: 4)), at: time(20)) == [])
        #expect(
            machine.handle(.report(view(.alive, role: .active, generation: 6)), at: time(30))
                == [.endConnection, .record(.peerTookOver), .discardDomain])
    }

    @Test func holdsForADeadPeerWhenThePolicySaysSo() {
        var machine = protecting(machine(runUnprotected: false))
        _ = machine.handle(.report(view(.dead(since: time(0)))), at: time(1_400))
        #expect(machine.handle(.report(view(.dead(since: time(0)))), at: time(60_000)) == [])
        #expect(machine.state == .holding(.peerDead))
    }

    @Test func aFreshAcknowledgementOutweighsASilentHeartbeat() {
        var machine = protecting(machine())
        #expect(machine.handle(.report(view(.dead(since: time(0)))), at: time(1_100)) == [])
        #expect(machine.state == .protecting)
    }

    @Test func movesTheDomainWhenOnlyThisLanIsLost() {
        var machine = protecting(machine())
        #expect(machine.handle(.report(view(.alive, role: .armed, ownLan: false)), at: time(1_100)) == [])
        #expect(
            machine.handle(.report(view(.alive, role: .armed, ownLan: false)), at: time(1_200))
                == [.record(.lanLost), .captureFinalCheckpoint])
        _ = machine.handle(.barrier(Epoch(rawValue: 2)), at: time(1_210))
        #expect(
            machine.handle(.acknowledged(Epoch(rawValue: 2), sentAt: time(1_220)), at: time(1_230))
                == [.record(.handedOver), .sendHandover])
        #expect(machine.claim.role == .surrendered)
        #expect(machine.released == Epoch(rawValue: 1))
        #expect(
            machine.handle(.report(view(.alive, role: .active, generation: 6)), at: time(1_400))
                == [.endConnection, .record(.peerTookOver), .discardDomain])
    }

    @Test func staysWhenBothLansAreLost() {
        var machine = protecting(machine())
        for moment: UInt64 in [1_100, 1_300, 9_000] {
            let actions = machine.handle(
                .report(view(.alive, role: .armed, ownLan: false, peerLan: false)), at: time(moment))
            #expect(actions == [])
        }
        #expect(machine.state == .protecting)
    }

    @Test func keepsHoldingAfterAHandoverUntilThePeerSpeaks() {
        var machine = protecting(machine())
        _ = machine.handle(.report(view(.alive, role: .armed, ownLan: false)), at: time(1_100))
        _ = machine.handle(.report(view(.alive, role: .armed, ownLan: false)), at: time(1_200))
        _ = machine.handle(.barrier(Epoch(rawValue: 2)), at: time(1_210))
        _ = machine.handle(.acknowledged(Epoch(rawValue: 2), sentAt: time(1_220)), at: time(1_230))
        #expect(machine.handle(.connectionLost(.connectionLost), at: time(1_300)) == [])
        #expect(machine.handle(.report(view(.dead(since: time(0)))), at: time(9_000)) == [])
        #expect(machine.state == .surrendered(.lanLost))
    }

    @Test func unprotectWaitsForTheReplicaToBeGone() {
        var machine = protecting(machine())
        #expect(
            machine.handle(.stopRequested(.operatorRequest), at: time(1_200)) == [.record(.operatorRequest), .sendStop])
        #expect(!machine.mayRunEpochs)
        #expect(
            machine.handle(.replicaGone(.primaryEnded), at: time(1_220))
                == [.record(.operatorRequest), .open])
        #expect(machine.state == .unprotected(.operatorRequest))
    }

    @Test func aLostReplicaEndsTheProtectionAtOnce() {
        var machine = protecting(machine())
        #expect(
            machine.handle(.replicaGone(.restoreFailed), at: time(1_200))
                == [.endConnection, .record(.restoreFailed), .open])
    }

    @Test func aFailureOfTheFirstCopyLeavesTheGuestUntouched() {
        var machine = machine()
        #expect(
            machine.handle(.connectionLost(.connectionLost), at: time(10))
                == [.endConnection, .record(.connectionLost), .open])
    }

    @Test func anAdoptedDomainHoldsUntilThePeerHasSpoken() {
        var machine = PrimaryMachine.adopting(
            domain: domain, generation: Generation(rawValue: 5), lease: PrimaryLease(terms: terms(400)),
            policy: .init(
                moveWhenLanIsLost: true, carrierDelay: 100, runUnprotectedWhenPeerIsDead: true, detectionTime: 300))
        #expect(machine.handle(.report(view(.unknown)), at: time(10)) == [])
        #expect(machine.handle(.report(view(.alive, role: .armed)), at: time(20)) == [])
        #expect(
            machine.handle(.report(view(.alive, role: .disarmed)), at: time(30))
                == [.endConnection, .record(.controllerRestarted), .open])
    }

    /// Every check above that keeps a rule fails once the rule is broken on purpose.
    @Test(arguments: PlantedFault.allCases) func aPlantedFaultIsFound(fault: PlantedFault) {
        var machine = machine()
        machine.plantedFaults = [fault]
        var actions = machine.handle(.barrier(Epoch(rawValue: 1)), at: time(1_000))
        switch fault {
        case .releaseBeforeAcknowledgement:
            #expect(actions == [.release(Epoch(rawValue: 1))])
        case .releaseWithoutLease:
            actions = machine.handle(.acknowledged(Epoch(rawValue: 1), sentAt: time(1_000)), at: time(9_000))
            #expect(actions == [.release(Epoch(rawValue: 1))])
        case .openOnLostConnection:
            _ = machine.handle(.acknowledged(Epoch(rawValue: 1), sentAt: time(1_000)), at: time(1_010))
            actions = machine.handle(.connectionLost(.connectionLost), at: time(1_200))
            #expect(actions.contains(.open))
        }
    }
}
