internal import ReplicaModel
internal import ReplicaProtocol

extension World {
    // MARK: Networks

    /// Whether what a host sends over a network gets out and is not stopped on the way.
    func canSend(from host: HostNumber, over network: Network) -> Bool {
        hosts[host.rawValue].hasCarrier[network.rawValue] && blocked[network.rawValue][host.rawValue] == 0
    }

    /// Whether it arrives as well.
    func canPass(from host: HostNumber, over network: Network) -> Bool {
        canSend(from: host, over: network) && hosts[host.other.rawValue].hasCarrier[network.rawValue]
            && hosts[host.other.rawValue].isUp
    }

    func setCarrier(_ host: SimulatedHost, _ network: Network, _ hasCarrier: Bool) {
        guard host.hasCarrier[network.rawValue] != hasCarrier else { return }
        host.hasCarrier[network.rawValue] = hasCarrier
        if let service = host.service {
            // The service looks every 100 ms.
            queue.push(
                .carriersRead(host.number, life: service.life), at: now + random.below(milliseconds(100)))
        }
    }

    func openConnection(from host: HostNumber, session: Int) -> Int {
        let connection = CheckpointConnection()
        connection.sessions[host.rawValue] = session
        connections.append(connection)
        return connections.count - 1
    }

    // MARK: Disks

    /// Writes an ownership record; the session that asks waits for it.
    func write(
        _ role: OwnershipRecord.Role, _ generation: Generation, _ reason: ReasonCode, session: Int,
        at host: SimulatedHost
    ) {
        let number = nextLife()
        let record = SimulatedDisk.Record(
            role: role, generation: generation, reason: reason, boot: host.power,
            isProtectionWanted: isProtectionWanted)
        host.disk.begin(SimulatedDisk.Write(number: number, session: session, record: record))
        let latency = host.disk.isSlow ? milliseconds(200 + random.below(2_000)) : 500_000 + random.below(4_000_000)
        queue.push(.diskDone(host.number, write: number), at: now + latency)
        hit(.persisting, host.number)
    }

    /// The writer of a host's record dies.
    func breakOffWrite(_ host: SimulatedHost) {
        host.controllerDiedAt = now
        if host.disk.breakOff(afterRename: random.chance(300)) { host.recordedAt = now }
    }

    // MARK: Power

    /// Cuts a host's power: everything in memory is gone.
    func cutPower(_ host: SimulatedHost, because reason: String) {
        guard host.isUp else { return }
        note(host.number, "power is off (\(reason))")
        if host.guest != nil { guestDiedAt = isCovered(host) ? now : nil }
        host.power += 1
        host.isUp = false
        host.frozen = 0
        host.serviceFrozen = 0
        host.controllerFrozen = 0
        breakOffWrite(host)
        host.service = nil
        host.dropController()
        host.deferredByService.removeAll(keepingCapacity: true)
        host.deferredByController.removeAll(keepingCapacity: true)
        statistics.hostDies(host, self)
        destroyGuest(host, because: "power")
        destroyReplica(host)
        dropConnections(of: host.number)
    }

    /// Switches it on again.
    func boot(_ host: SimulatedHost) {
        guard !host.isUp else { return }
        host.isUp = true
        note(host.number, "starts")
        let ready = milliseconds(100 + random.below(400))
        queue.push(.serviceStarts(host.number, power: host.power), at: now + ready)
        queue.push(
            .controllerStarts(host.number, power: host.power), at: now + ready + milliseconds(random.below(600)))
    }

    // MARK: Freezes

    /// Stops a guest with its host.
    func freezeGuest(_ host: SimulatedHost) {
        host.guestRanBeforeFreeze = host.guest?.isRunning ?? false
        host.guest?.stop(at: now)
    }

    /// What waited is taken: first what the service had queued, then its beat, and the controller when it comes to run.
    func thaw(_ host: SimulatedHost) {
        if host.frozen == 0, host.guestRanBeforeFreeze {
            host.guestRanBeforeFreeze = false
            host.guest?.resume(at: now)
        }
        if !host.serviceIsStopped {
            let waiting = host.deferredByService
            host.deferredByService.removeAll(keepingCapacity: true)
            for event in waiting {
                if case .beat = event { queue.push(event, at: now + 1) } else { queue.push(event, at: now) }
            }
        }
        if !host.controllerIsStopped {
            let waiting = host.deferredByController
            host.deferredByController.removeAll(keepingCapacity: true)
            let delay = random.chance(500) ? 1_000 : random.below(milliseconds(10))
            for event in waiting { queue.push(event, at: now + delay) }
        }
    }

    // MARK: The client

    /// Whether a host runs the domain with its output past the plug.
    func serves(_ host: SimulatedHost) -> Bool {
        guard host.isUp, let guest = host.guest else { return false }
        return guest.isOpen && guest.isRunning
    }

    /// Lets the client see what is open, and looks at rule 2.
    func look() {
        for host in hosts where serves(host) {
            if let guest = host.guest {
                emit(GuestMoment(life: guest.life, counter: guest.count(at: now)), from: host)
            }
        }
        checker.look(self)
    }

    /// Output leaves a host, and reaches the client where the port has a carrier.
    func emit(_ moment: GuestMoment, from host: SimulatedHost) {
        guard host.isUp, host.frozen == 0, host.hasCarrier[Network.lan.rawValue] else { return }
        statistics.clientHears(host.number, self)
        checker.sees(moment, host.number, self)
    }

    // MARK: Telling

    /// Puts a line into the timeline, where one is kept.
    func note(_ host: HostNumber?, _ text: @autoclosure () -> String) {
        if timeline.isKept { timeline.add(now, host, text()) }
    }

    /// A decision goes to the event log.
    func record(_ reason: ReasonCode, _ host: HostNumber) {
        statistics.decisions[reason, default: 0] += 1
        statistics.decides(reason, host, self)
        note(host, "decides: \(reason.rawValue)")
    }
}
