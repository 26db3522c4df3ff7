internal import ReplicaModel
internal import ReplicaProtocol

/// A fault that struck.
struct Strike {
    var host: HostNumber
    var power: Int
    var isOver = false
    var began: VirtualTime = 0
    var ended: VirtualTime?
}

extension World {
    /// The protocol comes to a moment at which faults may be waiting.
    func hit(_ moment: Fault.Moment, _ host: HostNumber) {
        for (index, fault) in setup.faults.enumerated()
        where fault.moment == moment && now >= fault.start && strikes[index] == nil {
            strikes[index] = Strike(host: host, power: -1)
            queue.push(.fault(index), at: now + fault.delay)
        }
    }

    private func resolve(_ target: Fault.Target) -> SimulatedHost {
        switch target {
        case .host(let number): return hosts[number.rawValue]
        case .primary: return primaryHost
        case .backup: return hosts[primaryHost.number.other.rawValue]
        }
    }

    /// The host that has the guest, or would have it.
    var primaryHost: SimulatedHost {
        guard hosts[0].guest != nil else { return hosts[1].guest != nil ? hosts[1] : hosts[0] }
        guard let other = hosts[1].guest else { return hosts[0] }
        return other.isOpen ? hosts[1] : hosts[0]
    }

    func strike(_ index: Int) {
        let fault = setup.faults[index]
        let host = resolve(fault.target)
        strikes[index] = Strike(host: host.number, power: host.power, began: now)
        noteStanding(fault, host)
        guard apply(fault, host, 1) else {
            strikes[index]?.isOver = true
            return
        }
        statistics.faults[fault.kind, default: 0] += 1
        if fault.kind == .order, let order = fault.order { operate(order) }
        if let duration = fault.duration { queue.push(.faultEnds(index), at: now + duration) }
        keepTrust()
    }

    func end(_ index: Int) {
        guard let strike = strikes[index], !strike.isOver else { return }
        strikes[index]?.isOver = true
        strikes[index]?.ended = now
        let host = hosts[strike.host.rawValue]
        let fault = setup.faults[index]
        // A power cut ends every freeze and every crash of before it.
        if fault.kind.isOfOneBoot, fault.kind != .powerCut, host.power != strike.power { return }
        note(host.number, "over: \(fault.kind.rawValue)")
        _ = apply(fault, host, -1)
        keepTrust()
    }

    /// Begins (1) or ends (-1) a fault.
    ///
    /// - Returns: Whether it could strike.
    private func apply(_ fault: Fault, _ host: SimulatedHost, _ change: Int) -> Bool {
        let begins = change > 0
        if begins, fault.kind.isOfOneBoot, !host.isUp { return false }
        if begins { note(fault.kind.isOfWorld ? nil : host.number, "FAULT: \(fault.words)") }
        switch fault.kind {
        case .powerCut:
            if begins { cutPower(host, because: "power cut") } else { boot(host) }
        case .controllerCrash:
            if begins { killController(host) } else { startController(host) }
        case .heartbeatCrash:
            if begins { killService(host) } else { startService(host) }
        case .freeze:
            if begins, host.frozen == 0 { freezeGuest(host) }
            host.frozen = max(0, host.frozen + change)
            if !begins { thaw(host) }
        case .controllerFreeze:
            host.controllerFrozen = max(0, host.controllerFrozen + change)
            if !begins { thaw(host) }
        case .heartbeatFreeze:
            host.serviceFrozen = max(0, host.serviceFrozen + change)
            if !begins { thaw(host) }
        case .lanCable: setCarrier(host, .lan, !begins)
        case .replicationCable: setCarrier(host, .replication, !begins)
        case .lanOneWay: block(.lan, [host.number], change)
        case .replicationOneWay: block(.replication, [host.number], change)
        case .lanPartition: block(.lan, HostNumber.allCases, change)
        case .replicationPartition: block(.replication, HostNumber.allCases, change)
        case .totalPartition:
            block(.lan, HostNumber.allCases, change)
            block(.replication, HostNumber.allCases, change)
        case .noise: makeNoise(begins)
        case .slowConnection: slowConnections = max(0, slowConnections + change)
        case .connectionReset: if begins, let last = connections.indices.last { breakConnection(last) }
        case .slowDisk: host.disk.isSlow = begins
        case .fullDisk: host.disk.isFull = begins
        case .witnessDown: witness.away = max(0, witness.away + change)
        case .witnessUnreachable:
            witness.unreachable[host.number.rawValue] = max(0, witness.unreachable[host.number.rawValue] + change)
        case .witnessSlow: witness.slow = max(0, witness.slow + change)
        case .witnessAnswersLost: witness.answersLost = max(0, witness.answersLost + change)
        case .fencingBroken: fencingBroken = max(0, fencingBroken + change)
        case .activationFails: activationFails = max(0, activationFails + change)
        case .order: break
        }
        return true
    }

    private func block(_ network: Network, _ senders: [HostNumber], _ change: Int) {
        for sender in senders {
            blocked[network.rawValue][sender.rawValue] = max(0, blocked[network.rawValue][sender.rawValue] + change)
        }
    }

    private func makeNoise(_ begins: Bool) {
        // A policy that trusts in silence is only tried with paths that do not fall silent together.
        let longest = setup.trustsSilence ? milliseconds(150) : milliseconds(700)
        let loud = Noise(lossPerMille: setup.trustsSilence ? 100 : 300, isDirty: true, longestDelay: longest)
        for network in Network.allCases { noise[network.rawValue] = begins ? loud : quietNoise }
    }

    /// Lets the LAN through when the other path is gone, under a policy that trusts in silence.
    ///
    /// A partition that leaves every carrier brings two owners there, as the policy's description says: such runs show
    /// nothing.
    private func keepTrust() {
        guard setup.trustsSilence, setup.end == nil else { return }
        guard hosts[0].hasCarrier[0], hosts[1].hasCarrier[0] else { return }
        for sender in HostNumber.allCases
        where !canSend(from: sender, over: .replication)
            || !hosts[sender.other.rawValue].hasCarrier[Network.replication.rawValue]
        {
            blocked[Network.lan.rawValue][sender.rawValue] = 0
        }
    }

    // MARK: People

    /// Somebody acts.
    func operate(_ order: OperatorOrder) {
        note(nil, "order: \(order.rawValue)")
        switch order {
        case .protect: orderProtection()
        case .unprotect:
            isProtectionWanted = false
            atPrimary { $0.post(.machine(.stopRequested(.operatorRequest))) }
        case .switchover: atPrimary { $0.post(.machine(.switchoverRequested(.switchover))) }
        case .takeover: orderTakeover()
        case .guestShutdown: shutGuestDown()
        case .guestReboot: rebootGuest()
        }
    }

    private func atPrimary(_ act: (PrimaryDriver) -> Void) {
        let host = primaryHost
        guard host.isUp, !host.controllerIsStopped, case .primary(let driver) = host.controller?.session else { return }
        act(driver)
    }

    private func orderProtection() {
        isProtectionWanted = true
        let host = primaryHost
        guard host.isUp, !host.controllerIsStopped, let controller = host.controller,
            canBeProtected(host, controller)
        else { return }
        protect(host, controller, controller.report)
    }

    /// Given only where it is true that the other host does not run the domain: that host is off.
    private func orderTakeover() {
        for host in hosts where host.isUp && !host.controllerIsStopped && !hosts[host.number.other.rawValue].isUp {
            switch host.controller?.session {
            case .primary(let driver): driver.post(.machine(.ordered))
            case .backup(let driver): driver.post(.machine(.ordered))
            default: break
            }
        }
    }

    private func shutGuestDown() {
        let host = primaryHost
        guard host.isUp, host.frozen == 0, host.guest?.isRunning == true else { return }
        isGuestShutDown = true
        isProtectionWanted = false
        destroyGuest(host, because: "the guest shut down")
        if case .primary(let driver) = host.controller?.session {
            driver.post(.machine(.stopRequested(.guestShutDown)))
        }
    }

    private func rebootGuest() {
        let host = primaryHost
        guard host.isUp, host.frozen == 0, let guest = host.guest, guest.isRunning else { return }
        let moment = GuestMoment(life: guest.life, counter: guest.count(at: now))
        let life = checker.begin(from: moment, checker.lives[guest.life].generation, host.number)
        var fresh = SimulatedGuest(life: life, counter: moment.counter, isOpen: guest.isOpen, at: now)
        fresh.barriers = []
        // What was under way is on the volume, or is not: the new life reads what it finds.
        fresh.writes.done = host.volume.newest
        host.guest = fresh
        beginWriting(host)
        if case .primary(let driver) = host.controller?.session {
            driver.post(.machine(.stopRequested(.guestRebooted)))
        }
    }
}

extension Fault.Kind {
    /// Strikes what does not outlive a power cut.
    var isOfOneBoot: Bool {
        switch self {
        case .powerCut, .controllerCrash, .heartbeatCrash, .freeze, .controllerFreeze, .heartbeatFreeze: true
        default: false
        }
    }

    /// Strikes no host in particular.
    var isOfWorld: Bool {
        switch self {
        case .lanPartition, .replicationPartition, .totalPartition, .noise, .slowConnection, .connectionReset,
            .witnessDown, .witnessSlow, .witnessAnswersLost, .fencingBroken, .activationFails, .order:
            true
        default: false
        }
    }
}

extension Fault {
    /// The fault in few words.
    var words: String {
        let name = order?.rawValue ?? kind.rawValue
        return duration.map { "\(name) for \($0 / 1_000_000) ms" } ?? name
    }
}
