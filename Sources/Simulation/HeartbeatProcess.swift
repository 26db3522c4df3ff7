internal import Heartbeat
internal import ReplicaModel

/// A heartbeat service: the real node, driven as the real service's loop drives it.
final class HeartbeatProcess {
    let life: Int
    var node: HeartbeatNode
    /// When the next beat is due, on the host's clock.
    var due: MonotonicTime
    /// The controller that is connected.
    var controllerLife: Int?
    /// Reports that the controller has not read yet.
    var unread = 0
    /// The last report and the last claims on the way, so that none overtakes another.
    var lastReportAt: VirtualTime = 0
    var lastClaimsAt: VirtualTime = 0

    /// The local socket holds about a second of reports; a controller that does not read them is lost.
    static let mostUnread = 20

    init(life: Int, node: HeartbeatNode, due: MonotonicTime) {
        self.life = life
        self.node = node
        self.due = due
    }
}

extension World {
    /// Starts a host's heartbeat service with a new session.
    func startService(_ host: SimulatedHost) {
        guard host.isUp, host.service == nil else { return }
        let time = host.time(at: now)
        guard
            let node = try? HeartbeatNode(
                configuration: setup.heartbeat(of: host.number), session: random.next() | 1, startedAt: time)
        else { preconditionFailure("the simulation's heartbeat configuration is not valid") }
        let service = HeartbeatProcess(life: nextLife(), node: node, due: time)
        host.service = service
        note(host.number, "heartbeat service starts")
        readCarriers(host, service)
        queue.push(.beat(host.number, life: service.life), at: now + milliseconds(random.below(50)))
    }

    /// Ends it without a word.
    func killService(_ host: SimulatedHost) {
        guard let service = host.service else { return }
        host.service = nil
        host.deferredByService.removeAll(keepingCapacity: true)
        if let controller = host.controller, controller.serviceLife == service.life {
            queue.push(
                .serviceLost(host.number, life: controller.life, serviceLife: service.life),
                at: max(now, service.lastReportAt) + 100_000)
        }
    }

    func readCarriers(_ host: SimulatedHost, _ service: HeartbeatProcess) {
        var actions: NodeActions = []
        for network in Network.allCases {
            actions.formUnion(
                service.node.carrierChanged(path: network.rawValue, hasCarrier: host.hasCarrier[network.rawValue]))
        }
        perform(actions, host, service)
    }

    /// The beat is due: what is queued has been received before, as after every wait of the real loop.
    func beat(_ host: SimulatedHost, _ service: HeartbeatProcess) {
        let time = host.time(at: now)
        perform(service.node.tick(due: service.due, at: time), host, service)
        let interval = setup.interval.nanoseconds
        let late = time.nanoseconds(since: service.due)
        service.due = MonotonicTime(nanoseconds: service.due.nanoseconds + (late / interval + 1) * interval)
        queue.push(.beat(host.number, life: service.life), at: max(now + 1, host.clock.moment(of: service.due)))
    }

    func receiveDatagram(_ host: SimulatedHost, path: Int, place: Int) {
        defer { datagrams.giveBack(place) }
        guard let service = host.service else { return }
        perform(service.node.receive(datagrams[place], path: path, at: host.time(at: now)), host, service)
    }

    func takeClaims(_ host: SimulatedHost, _ service: HeartbeatProcess, place: Int) {
        defer { claimMessages.giveBack(place) }
        let message = claimMessages[place]
        guard service.controllerLife == message.controllerLife else { return }
        perform(service.node.apply(message.claims, serial: message.serial), host, service)
    }

    func connectController(_ host: SimulatedHost, _ service: HeartbeatProcess, _ controller: SimulatedController) {
        service.controllerLife = controller.life
        service.unread = 0
        perform(service.node.controllerConnected(), host, service)
    }

    func loseController(_ host: SimulatedHost, _ service: HeartbeatProcess) {
        guard service.controllerLife != nil else { return }
        service.controllerLife = nil
        perform(service.node.controllerLost(), host, service)
    }

    private func perform(_ actions: NodeActions, _ host: SimulatedHost, _ service: HeartbeatProcess) {
        if actions.contains(.beat) {
            service.node.beginBeat()
            for network in Network.allCases { sendDatagram(host, service, network) }
        }
        if actions.contains(.report) { sendReport(host, service) }
    }

    private func sendReport(_ host: SimulatedHost, _ service: HeartbeatProcess) {
        guard let controller = host.controller, service.controllerLife == controller.life else { return }
        guard service.unread < HeartbeatProcess.mostUnread else {
            loseController(host, service)
            queue.push(
                .serviceLost(host.number, life: controller.life, serviceLife: service.life),
                at: max(now, service.lastReportAt) + 1)
            return
        }
        let empty = emptyReport
        let place = reports.take { empty }
        service.node.fill(&reports[place], at: host.time(at: now))
        service.unread += 1
        let delay = random.chance(30) ? random.below(20_000_000) : 50_000 + random.below(200_000)
        service.lastReportAt = max(service.lastReportAt + 1, now + delay)
        queue.push(.report(host.number, life: controller.life, place: place), at: service.lastReportAt)
    }

    private func sendDatagram(_ host: SimulatedHost, _ service: HeartbeatProcess, _ network: Network) {
        // Made in any case, as the real service cannot know that nothing arrives.
        guard canSend(from: host.number, over: network) else { return }
        let noise = noise[network.rawValue]
        if noise.lossPerMille > 0, random.chance(noise.lossPerMille) { return }
        let copies = noise.isDirty && random.chance(30) ? 2 : 1
        for _ in 0..<copies {
            let datagram = service.node.datagram(path: network.rawValue, at: host.time(at: now))
            let place = datagrams.take { datagram }
            datagrams[place] = datagram
            var delay = 100_000 + random.below(400_000)
            if noise.isDirty, random.chance(60) { delay += random.below(noise.longestDelay) }
            queue.push(.datagram(host.number.other, path: network.rawValue, place: place), at: now + delay)
        }
    }
}
