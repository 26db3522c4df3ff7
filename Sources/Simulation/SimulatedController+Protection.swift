internal import Heartbeat
internal import ReplicaModel
internal import ReplicaProtocol

extension World {
    /// Begins a protection where the guest runs without one and the policy wants it.
    func protectAgain(_ report: HeartbeatReport, _ host: SimulatedHost, _ controller: SimulatedController) {
        guard let record = host.disk.record, record.isProtectionWanted, canBeProtected(host, controller) else {
            return
        }
        let time = host.time(at: now)
        guard
            controller.reprotection.isDue(
                report, mode: setup.reprotection, delay: setup.reprotectionDelay, at: time)
        else { return }
        controller.reprotection.tried(at: time)
        protect(host, controller, report)
    }

    func canBeProtected(_ host: SimulatedHost, _ controller: SimulatedController) -> Bool {
        guard let guest = host.guest, guest.isOpen else { return false }
        switch controller.session {
        case .none: return true
        case .primary(let driver):
            guard case .unprotected = driver.machine.state else { return false }
            return driver.hasEnded
        case .backup(let driver):
            guard case .active = driver.machine.state else { return false }
            return driver.hasEnded
        }
    }

    /// Begins a protection under a generation that neither host has used.
    func protect(_ host: SimulatedHost, _ controller: SimulatedController, _ report: HeartbeatReport?) {
        let known =
            [
                host.disk.record?.generation, controller.session.claim?.generation,
                report?.peerClaims.claim(on: guestIdentity)?.generation, controller.peerKnows,
            ].compactMap { $0 }.max() ?? .none
        let driver = PrimaryDriver(
            world: self, host: host, controller: controller,
            machine: machine(of: host.number, generation: known.next))
        note(host.number, "begins to protect the guest in generation \(known.next)")
        controller.session = .primary(driver)
        controller.answer = nil
        driver.begin()
    }

    /// The peer asks this host to hold a replica.
    func admit(_ generation: Generation, on connection: Int, at host: SimulatedHost) {
        guard let controller = host.controller else { return }
        let known = max(host.disk.record?.generation ?? .none, controller.session.claim?.generation ?? .none)
        let refusal: ReasonCode? =
            if host.guest != nil || host.replica != nil {
                .peerNameTaken
            } else if !HostDecisions.admits(generation, known: known, plantedFaults: setup.plantedFaults) {
                .staleGeneration
            } else if !controller.session.hasEnded {
                .busy
            } else {
                nil
            }
        if let refusal {
            note(host.number, "refuses a replica in generation \(generation): \(refusal.rawValue)")
            send(.refuse(refusal), on: connection, from: host.number)
            closeConnection(connection, at: host.number)
            return
        }
        let driver = BackupDriver(
            world: self, host: host, controller: controller, generation: generation, connection: connection)
        connections[connection].sessions[host.number.rawValue] = driver.session
        controller.session = .backup(driver)
        controller.answer = nil
        controller.unsettled = nil
        driver.begin()
    }

    /// Takes a message of the checkpoint connection at its receiver.
    func receive(_ message: PeerMessage, on connection: Int, at host: SimulatedHost) {
        guard let controller = host.controller else { return }
        switch message {
        case .protect(let generation):
            connections[connection].sessions[host.number.rawValue] = 0
            admit(generation, on: connection, at: host)
        default:
            guard let session = controller.session.number,
                connections[connection].sessions[host.number.rawValue] == session
            else { return }
            if case .closed = message { connections[connection].sessions[host.number.rawValue] = nil }
            switch controller.session {
            case .none: break
            case .primary(let driver): driver.receive(message)
            case .backup(let driver): driver.receive(message)
            }
        }
    }

    /// A connection broke.
    func endConnection(_ connection: Int, at host: SimulatedHost) {
        connections[connection].sessions[host.number.rawValue] = nil
        switch host.controller?.session {
        case .primary(let driver) where driver.connection == connection: driver.receive(.closed)
        case .backup(let driver) where driver.connection == connection: driver.receive(.closed)
        default: break
        }
    }

    // MARK: The hypervisor

    /// Destroys a host's copy of the domain.
    func destroyGuest(_ host: SimulatedHost, because reason: String) {
        guard host.guest != nil else { return }
        host.guest = nil
        note(host.number, "the domain is gone (\(reason))")
    }

    func destroyReplica(_ host: SimulatedHost) {
        guard host.replica != nil else { return }
        host.replica = nil
        host.volume.undo.removeAll()
        note(host.number, "the replica is gone")
    }
}
