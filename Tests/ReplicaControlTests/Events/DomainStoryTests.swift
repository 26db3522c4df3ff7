import ReplicaModel
import TestSupport
import Testing

@testable import ReplicaControl

/// What hosts wrote down in cases that an operator will ask about.
enum Stories {
    /// The backup sees the primary lose its power.
    static let powerCut: EventTape = {
        var tape = EventTape("xen2")
        tape.start(0, peer: "xen1")
        tape.heartbeat(400, .peerAlive, "", "alive")
        tape.web(20_000, .backup, .replicaRequested, "none", "receiving", kind: .begin)
        tape.web(31_500, .backup, .replicaArmed, "receiving", "armed", epoch: 1)
        tape.heartbeat(117_445, .peerDead, "alive", "dead", "last heard 401 ms before")
        tape.web(117_500, .backup, .primaryDead, "armed", "activating", generation: 4, epoch: 412)
        var takeover = TakeoverRecord(
            lastHeard: tapeBegin + 117_042_000_000, decided: tapeBegin + 117_500_000_000)
        takeover.disksTaken = tapeBegin + 117_510_000_000
        takeover.assembled = tapeBegin + 117_525_000_000
        takeover.restored = tapeBegin + 117_530_000_000
        takeover.activated = tapeBegin + 117_560_000_000
        takeover.announced = tapeBegin + 117_561_000_000
        tape.web(117_561, .backup, .activated, "activating", "active", generation: 4, epoch: 412, takeover: takeover)
        tape.web(117_562, .backup, .primaryDead, "active", "active", kind: .end, generation: 4, epoch: 412)
        return tape
    }()

    /// Both cables of the backup are pulled and put back; it is the one that was cut off.
    static let cablePull: EventTape = {
        var tape = EventTape("xen2")
        tape.start(0, peer: "xen1")
        tape.heartbeat(400, .peerAlive, "", "alive")
        tape.web(20_000, .backup, .replicaRequested, "none", "receiving", kind: .begin)
        tape.web(31_500, .backup, .replicaArmed, "receiving", "armed", epoch: 1)
        tape.heartbeat(60_010, .carrierLost, "up", "down", "path lan, network lan")
        tape.heartbeat(60_400, .peerDead, "alive", "dead", "last heard 405 ms before")
        tape.web(60_460, .backup, .ownLanLost, "armed", "armed", epoch: 300)
        tape.heartbeat(90_000, .carrierBack, "down", "up", "path lan, network lan")
        tape.heartbeat(91_200, .peerAlive, "dead", "alive")
        tape.web(91_210, .backup, .primaryGaveUp, "armed", "released", epoch: 300)
        tape.web(91_230, .backup, .primaryGaveUp, "released", "released", kind: .end, epoch: 300)
        return tape
    }()

    /// The primary loses its backup, and goes on when it is known to be dead.
    static let backupLost: EventTape = {
        var tape = EventTape("xen1")
        tape.start(0, peer: "xen2")
        tape.heartbeat(400, .peerAlive, "", "alive")
        tape.add(19_000, Decision(role: .operator, name: "web", reason: .operatorRequest, detail: "protect"))
        tape.web(19_500, .primary, .operatorRequest, "none", "seeding", kind: .begin)
        tape.web(31_600, .primary, .guestProtected, "seeding", "protected", epoch: 1)
        tape.web(
            200_100, .primary, .connectionLost, "protected", "protected", kind: .failure, epoch: 1_700,
            detail: "the connection to xen2 was reset")
        tape.web(200_101, .primary, .connectionLost, "protected", "holding", epoch: 1_700)
        tape.heartbeat(200_402, .peerDead, "alive", "dead", "last heard 403 ms before")
        tape.web(200_403, .primary, .peerDead, "holding", "unprotected", epoch: 1_700)
        tape.web(200_410, .primary, .peerDead, "unprotected", "unprotected", kind: .end, epoch: 1_700)
        return tape
    }()

    /// The primary's controller dies and comes back; the guest is protected again afterwards.
    static let controllerRestart: EventTape = {
        var tape = EventTape("xen1")
        tape.start(0, peer: "xen2")
        tape.heartbeat(400, .peerAlive, "", "alive")
        tape.web(19_500, .primary, .operatorRequest, "none", "seeding", kind: .begin)
        tape.web(31_600, .primary, .guestProtected, "seeding", "protected", epoch: 1)
        tape.start(80_000, peer: "xen2")
        tape.web(80_010, .primary, .controllerRestarted, "none", "holding", kind: .begin)
        tape.heartbeat(80_060, .peerAlive, "", "alive")
        tape.web(80_130, .primary, .controllerRestarted, "holding", "unprotected")
        tape.web(80_140, .primary, .controllerRestarted, "unprotected", "unprotected", kind: .end)
        tape.add(140_000, Decision(role: .operator, name: "web", reason: .operatorRequest, detail: "protect"))
        tape.web(140_500, .primary, .operatorRequest, "none", "seeding", kind: .begin, generation: 4)
        tape.web(152_000, .primary, .guestProtected, "seeding", "protected", generation: 4, epoch: 1)
        return tape
    }()

    /// An operator ends a protection.
    static let unprotect: EventTape = {
        var tape = EventTape("xen1")
        tape.start(0, peer: "xen2")
        tape.web(19_500, .primary, .operatorRequest, "none", "seeding", kind: .begin)
        tape.web(31_600, .primary, .guestProtected, "seeding", "protected", epoch: 1)
        tape.add(60_000, Decision(role: .operator, name: "web", reason: .operatorRequest, detail: "unprotect"))
        tape.web(60_002, .primary, .operatorRequest, "protected", "holding", epoch: 280)
        tape.web(60_140, .primary, .operatorRequest, "holding", "unprotected", epoch: 280)
        tape.web(60_150, .primary, .operatorRequest, "unprotected", "unprotected", kind: .end, epoch: 280)
        return tape
    }()
}

@Suite struct DomainStoryTests {
    private func story(
        _ tape: EventTape, at milliseconds: UInt64, peer: PeerStatus? = nil, domains: [DomainStatus] = []
    ) -> String {
        let status = peer.map {
            ControllerStatus(
                version: "0.1.0", host: tape.host, peer: $0, ownership: OwnershipStatus(rules: "safe-by-lease"),
                domains: domains)
        }
        return DomainStory(
            subject: "web", records: tape.records, status: status, host: tape.host,
            now: tapeBegin + milliseconds * 1_000_000
        ).text
    }

    @Test(
        arguments: [
            ("power-cut", Stories.powerCut, 300_000), ("cable-pull", Stories.cablePull, 100_000),
            ("backup-lost", Stories.backupLost, 500_000), ("controller-restart", Stories.controllerRestart, 200_000),
            ("unprotect", Stories.unprotect, 70_000),
        ] as [(String, EventTape, UInt64)])
    func aStoryIsToldInItsOrder(name: String, tape: EventTape, now: UInt64) throws {
        let peer = PeerStatus(name: tape.host == "xen1" ? "xen2" : "xen1", verdict: .alive)
        try Repository.expect(
            story(tape, at: now, peer: peer), equals: "Tests/Golden/operator/explain-\(name).txt")
    }

    @Test func withoutTheControllerTheLastWordIsMarkedAsSuch() {
        let text = story(Stories.powerCut, at: 300_000)
        #expect(text.contains("The controller of xen2 does not answer: this is the last that it wrote down."))
        #expect(text.contains("`replicactl explain web` on xen1 tells the other side."))
    }

    @Test func theControllersNewerStateWins() {
        let status = DomainStatus(
            name: "web", uuid: webIdentity.description, domid: 4, role: .primary, state: .unprotected, generation: 3,
            epoch: 9, since: "2026-11-20T09:50:00.000Z", reason: StatusReason(.stagingLimit, "too much"))
        var tape = EventTape("xen1")
        tape.start(0, peer: "xen2")
        tape.web(1_000, .primary, .guestProtected, "seeding", "protected", epoch: 1)
        let text = story(tape, at: 2_000, peer: PeerStatus(name: "xen2", verdict: .alive), domains: [status])
        #expect(text.contains("None: the guest runs and nothing covers it. \(ReasonCode.stagingLimit.meaning)"))
    }

    @Test func aStoryOfManyStepsIsToldByItsEnds() {
        var tape = EventTape("xen1")
        tape.web(0, .primary, .guestProtected, "seeding", "protected", epoch: 1)
        for number in 1...200 as ClosedRange<UInt64> {
            tape.web(
                number * 10, .primary, .peerUnreachable, "unprotected", "unprotected", kind: .failure,
                detail: "\(number)")
        }
        let text = story(tape, at: 5_000)
        #expect(text.contains("160 more; see `replicactl events --domain web`"))
        #expect(text.contains("(1)") && text.contains("(200)") && !text.contains("(100)"))
    }
}
