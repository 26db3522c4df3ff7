internal import ReplicaModel
internal import ReplicaProtocol

extension World {
    /// Looks whether the run is over: rule 5 asks that everything is well again some time after the last fault.
    func judge() {
        noteProtection()
        noteService()
        guard setup.end == nil else { return }
        if setup.leavesFault { return judgeStanding() }
        guard isQuiet else {
            quietSince = nil
            return
        }
        let since = quietSince ?? now
        quietSince = since
        guard now >= since + milliseconds(1_500) else { return }
        if isWell {
            outcome = .well
        } else if now >= since + milliseconds(12_000), let reason = acceptedEnd {
            outcome = reason
        } else if now >= since + setup.patience {
            checker.fail(5, "long after the last fault: \(situation)", self)
        }
    }

    /// Tells who serves the client, when that has changed.
    private func noteService() {
        let serving = hosts.first(where: isServing)?.number
        guard serving != servedBy else { return }
        servedBy = serving
        note(nil, serving.map { "the client is served by \($0.name)" } ?? "nobody serves the client")
    }

    /// Counts for how long there was no replica, once there had been one.
    private func noteProtection() {
        let isArmed = hosts.contains(where: isProtected)
        if isArmed { statistics.wasProtected = true }
        guard statistics.wasProtected, isProtectionWanted else { return }
        statistics.protectionChanges(isProtected: isArmed, at: now)
    }

    private var isQuiet: Bool {
        for (index, fault) in setup.faults.enumerated() {
            if let strike = strikes[index] {
                if !strike.isOver, fault.duration != nil { return false }
            } else if fault.moment == nil || now < fault.start + milliseconds(8_000) {
                return false
            }
        }
        return hosts.allSatisfy { $0.isUp && $0.controller != nil && $0.service != nil }
    }

    /// Served by exactly one host, and protected again where that is wanted.
    private var isWell: Bool {
        let serving = hosts.filter { $0.guest != nil && isServing($0) }
        guard serving.count == 1, hosts.filter({ $0.guest != nil }).count == 1 else { return false }
        guard serving[0].disk.record?.isProtectionWanted == true, setup.reprotection != .manual else { return true }
        return isProtected(serving[0])
    }

    private func isServing(_ host: SimulatedHost) -> Bool { serves(host) || isProtected(host) }

    func isProtected(_ host: SimulatedHost) -> Bool {
        guard case .primary(let driver) = host.controller?.session, driver.machine.state == .protecting,
            driver.machine.acknowledged > .none
        else { return false }
        return true
    }

    /// The run ended in a way that nothing can help, or that the policy leaves to an operator.
    private var acceptedEnd: RunOutcome? {
        if hosts.allSatisfy({ $0.guest == nil }) {
            let replicas = hosts.compactMap(\.replica)
            if isGuestShutDown, replicas.isEmpty { return .shutDown }
            if replicas.isEmpty { return mayBeLost ? .lost : nil }
            // An old replica is better than nothing, but only an operator may say so (safety rule 4).
            if replicas.allSatisfy({ !checker.covers($0.content) }) { return .waits(.unconfirmedAfterStall) }
            // The record says that the other host went on alone, and it died before it let anything go.
            return hosts.contains(where: mayHaveRunTheDomain) ? .waits(.unconfirmedAfterStall) : nil
        }
        // A copy that the client has seen the future of is held, until an operator says that it is to go on all the same.
        let copies = hosts.compactMap(\.guest)
        if copies.allSatisfy({ !checker.covers(GuestMoment(life: $0.life, counter: $0.count(at: now))) }) {
            return .waits(.ownerUnknown)
        }
        // A host that died in the moment between its record and the run of the domain cannot know whether it ran.
        if hosts.contains(where: mayHaveRunTheDomain) { return .waits(.ownerUnknown) }
        return nil
    }

    /// Whether the other host has a replica that is armed, and nothing hinders it.
    func isCovered(_ host: SimulatedHost) -> Bool {
        let peer = hosts[host.number.other.rawValue]
        guard isProtected(host), peer.isUp, case .backup(let driver) = peer.controller?.session else { return false }
        return driver.machine.state == .armed
    }

    /// A guest that a replica covered may only be lost when something else went wrong about the same time.
    private var mayBeLost: Bool {
        guard let guestDiedAt else { return true }
        let margin = milliseconds(5_000)
        let others = strikes.compactMap { $0 }.filter {
            $0.power >= 0 && $0.began != guestDiedAt
                && ($0.ended.map { $0 + margin > guestDiedAt } ?? true)
        }
        return !others.isEmpty || fencings > 0
    }

    private func mayHaveRunTheDomain(_ host: SimulatedHost) -> Bool {
        host.guest == nil && host.disk.record?.role == .owner && host.controllerDiedAt >= host.recordedAt
            && host.controllerDiedAt - host.recordedAt < milliseconds(100)
    }

    /// What is wrong, for the trace.
    var situation: String {
        let serving = hosts.filter(isServing).map(\.number.name)
        let server =
            serving.isEmpty ? "nobody serves the client" : "\(serving.joined(separator: " and ")) serves the client"
        let parts = hosts.map { host in
            let guest = host.guest.map { guest in
                let output =
                    guest.isOpen ? "open output" : isProtected(host) ? "output let go by epochs" : "output held"
                return "the guest (\(guest.isRunning ? "running" : "suspended"), \(output))"
            }
            let replica = host.replica.map { checker.covers($0.content) ? "a replica" : "an old replica" }
            let session =
                switch host.controller?.session {
                case nil: "no controller"
                case SimulatedController.Session.none?: "no session"
                case .primary(let driver)?: "primary \(driver.machine.state.words) in \(driver.machine.generation)"
                case .backup(let driver)?: "backup \(driver.machine.state.words) in \(driver.machine.generation)"
                }
            return "\(host.number.name) has \(guest ?? replica ?? "nothing"), \(session)"
        }
        return server + "; " + parts.joined(separator: "; ")
    }
}
