internal import Heartbeat
internal import ReplicaModel
internal import ReplicaProtocol

/// A host's controller process: one session for the domain, its claims, its answers and its wish for a replica.
final class SimulatedController {
    /// What this host is for the domain.
    enum Session {
        case none
        case primary(PrimaryDriver)
        case backup(BackupDriver)

        var claim: DomainClaim? {
            switch self {
            case .none: nil
            case .primary(let driver): driver.machine.claim
            case .backup(let driver): driver.machine.claim
            }
        }

        var number: Int? {
            switch self {
            case .none: nil
            case .primary(let driver): driver.session
            case .backup(let driver): driver.session
            }
        }

        /// Whether another session may take its place.
        var hasEnded: Bool {
            switch self {
            case .none: true
            case .primary(let driver): driver.hasEnded
            case .backup(let driver): driver.hasEnded
            }
        }
    }

    let life: Int
    var session = Session.none
    /// What is said of a domain that is not here, until the peer has answered.
    var unsettled: DomainClaim?
    /// The answer to the peer's claim on a domain of which this host has no session.
    var answer: DomainClaim?
    var reprotection = Reprotection()
    var report: HeartbeatReport?
    /// The heartbeat service that it is connected to.
    var serviceLife: Int?
    var lastReportAt: MonotonicTime?
    var lastTickAt: MonotonicTime?
    var serial: UInt64 = 0
    /// The newest generation that a refusing peer is known to have.
    var peerKnows = Generation.none

    init(life: Int) { self.life = life }
}

extension World {
    /// Starts a host's controller: it connects to its heartbeat service and takes up what the record says.
    func startController(_ host: SimulatedHost) {
        guard host.isUp, host.controller == nil else { return }
        let controller = SimulatedController(life: nextLife())
        host.controller = controller
        note(host.number, "controller starts")
        resetConnections(of: host.number)
        takeUp(host, controller)
        queue.push(.serviceConnect(host.number, life: controller.life), at: now + 500_000)
        queue.push(.tick(host.number, life: controller.life), at: now + milliseconds(100))
    }

    /// Ends it as `kill -9` does: its helpers take their replicas with them, the guest and its held output stay.
    func killController(_ host: SimulatedHost) {
        guard let controller = host.controller else { return }
        host.dropController()
        host.deferredByController.removeAll(keepingCapacity: true)
        breakOffWrite(host)
        if host.replica != nil { destroyReplica(host) }
        for number in connections.indices { closeConnection(number, at: host.number) }
        if let service = host.service, service.controllerLife == controller.life { loseController(host, service) }
    }

    private func takeUp(_ host: SimulatedHost, _ controller: SimulatedController) {
        guard let record = host.disk.record else { return }
        let beginning = HostDecisions.beginning(
            record.role, isPresent: host.guest != nil, isSameBoot: record.boot == host.power)
        let driver = PrimaryDriver(
            world: self, host: host, controller: controller,
            machine: machine(of: host.number, generation: record.generation))
        switch beginning {
        case .adopt: driver.machine = driver.machine.adopting(wasHandedOver: false)
        case .adoptHandedOver: driver.machine = driver.machine.adopting(wasHandedOver: true)
        case .own: driver.machine = driver.machine.owning(because: record.reason)
        case .surrender, .disarmPeer, .giveBack:
            controller.unsettled = HostDecisions.claim(beginning, on: guestIdentity, generation: record.generation)
            note(host.number, "claims: \(controller.unsettled.map(\.words) ?? "")")
            return
        case .leave:
            return
        }
        controller.session = .primary(driver)
        driver.takeUp()
    }

    /// A primary's machine as the controller makes it.
    func machine(of host: HostNumber, generation: Generation) -> PrimaryMachine {
        PrimaryMachine(
            domain: guestIdentity, generation: generation, hosts: HostPair(own: host.name, peer: host.other.name),
            lease: .init(terms: setup.leaseTerms), policy: setup.primaryPolicy, plantedFaults: setup.plantedFaults)
    }

    /// Gives the heartbeat service all that this host says.
    ///
    /// - Returns: The number of this list.
    func publishClaims(_ host: SimulatedHost, _ controller: SimulatedController) -> UInt64 {
        controller.serial += 1
        guard let service = host.service, controller.serviceLife == service.life else { return controller.serial }
        var list = ClaimList()
        if let claim = controller.session.claim ?? controller.unsettled ?? controller.answer { _ = list.append(claim) }
        let message = SimulatedClaims(controllerLife: controller.life, serial: controller.serial, claims: list)
        let place = claimMessages.take { message }
        claimMessages[place] = message
        let delay = random.chance(20) ? random.below(20_000_000) : 30_000 + random.below(150_000)
        service.lastClaimsAt = max(service.lastClaimsAt + 1, now + delay)
        queue.push(.claims(host.number, life: service.life, place: place), at: service.lastClaimsAt)
        return controller.serial
    }

    // MARK: Reports

    func connectService(_ host: SimulatedHost, _ controller: SimulatedController) {
        guard controller.serviceLife == nil else { return }
        guard let service = host.service, !host.serviceIsStopped else {
            queue.push(.serviceConnect(host.number, life: controller.life), at: now + milliseconds(50))
            return
        }
        controller.serviceLife = service.life
        controller.lastReportAt = host.time(at: now)
        connectController(host, service, controller)
        _ = publishClaims(host, controller)
    }

    /// The heartbeat service ended, or hangs: nothing is concluded from what it said.
    func loseService(_ host: SimulatedHost, _ controller: SimulatedController) {
        guard controller.serviceLife != nil else { return }
        controller.serviceLife = nil
        controller.report = nil
        if let service = host.service, service.controllerLife == controller.life {
            service.controllerLife = nil
            _ = service.node.controllerLost()
        }
        switch controller.session {
        case .none: break
        case .primary(let driver): driver.post(.machine(.reportsLost))
        case .backup(let driver): driver.post(.machine(.reportsLost))
        }
        queue.push(.serviceConnect(host.number, life: controller.life), at: now + milliseconds(50))
    }

    func takeReport(_ host: SimulatedHost, _ controller: SimulatedController, place: Int) {
        defer { reports.giveBack(place) }
        if let service = host.service, service.controllerLife == controller.life { service.unread -= 1 }
        guard controller.serviceLife != nil else { return }
        controller.lastReportAt = host.time(at: now)
        let report = reports[place]
        controller.report = report
        switch controller.session {
        case .none: break
        case .primary(let driver): driver.take(report)
        case .backup(let driver): driver.take(report)
        }
        followClaims(report, host, controller)
        protectAgain(report, host, controller)
    }

    /// Answers the peer's claim on a domain of which there is no session here, and drops what it has settled.
    private func followClaims(_ report: HeartbeatReport, _ host: SimulatedHost, _ controller: SimulatedController) {
        guard case .none = controller.session else { return }
        let peerClaim = report.peerClaims.claim(on: guestIdentity)
        if let own = controller.unsettled {
            guard let peerClaim, HostDecisions.settles(peerClaim, own) else { return }
            note(host.number, "its claim is settled: \(peerClaim.words)")
            controller.unsettled = nil
            _ = publishClaims(host, controller)
            return
        }
        let answer = peerClaim.flatMap {
            HostDecisions.answer(
                to: $0,
                recorded: host.disk.record.map { HostDecisions.owned($0.role, $0.generation) } ?? Generation.none,
                plantedFaults: setup.plantedFaults)
        }
        guard answer != controller.answer else { return }
        controller.answer = answer
        if let answer { note(host.number, "answers the peer: \(answer.words)") }
        _ = publishClaims(host, controller)
    }

    func tick(_ host: SimulatedHost, _ controller: SimulatedController) {
        queue.push(.tick(host.number, life: controller.life), at: now + milliseconds(100))
        let time = host.time(at: now)
        // After a freeze of its own the client may find a report, or the time over, first.
        let wasLate = controller.lastTickAt.map { time.nanoseconds(since: $0) > milliseconds(150) } ?? false
        controller.lastTickAt = time
        if controller.serviceLife != nil, let last = controller.lastReportAt,
            time.nanoseconds(since: last) > setup.heartbeatTimeout.nanoseconds, !wasLate || random.chance(300)
        {
            loseService(host, controller)
        }
        switch controller.session {
        case .none: break
        case .primary(let driver): driver.tickIfIdle()
        case .backup(let driver): driver.tickIfIdle()
        }
    }
}

/// Claims on their way from a controller to its heartbeat service.
struct SimulatedClaims {
    var controllerLife: Int
    var serial: UInt64
    var claims: ClaimList
}

extension DomainClaim {
    /// The claim in few words.
    var words: String { "\(role) in generation \(generation)" }
}
