import Foundation

extension Fault {
    /// What was done, and when.
    struct Course {
        /// When the fault came, in nanoseconds since 1970.
        var began: UInt64
        /// Before this nobody may have taken over.
        var earliestTakeover: UInt64?
        /// Further lines of the timeline.
        var timeline = Timeline()

        init() {
            began = WallClock.now
        }

        fileprivate mutating func mark(_ event: String) { timeline.add(event, at: WallClock.now) }
    }

    private static let shortFreeze = 0.7

    /// Brings the fault about, waits for what it must lead to, and takes it back.
    ///
    /// - Parameters:
    ///   - pair: The protected guest.
    ///   - counter: A client, which must go on where that is possible.
    /// - Returns: The course of it.
    /// - Throws: ``LabError``.
    func play(_ pair: inout ProtectedPair, _ counter: GuestClient) throws(LabError) -> Course {
        let lab = pair.lab
        switch self {
        case .powerCut(let side): return try powerCut(pair, side, counter)
        case .cable(let cables, let side): return try pull(pair, cables, side, counter)
        case .freeze(let freeze, let side): return try freezeHost(pair, freeze, side, counter)
        case .kill(let victim, let side): return try kill(pair, victim, pair.host(side))
        case .witnessDown:
            var course = Course()
            try lab.stopWitness()
            for host in HostName.allCases { try pair.waitForWitness(host, reachable: false) }
            try counter.waitForProgress(200)
            course.mark("witness back")
            try lab.startWitness()
            for host in HostName.allCases { try pair.waitForWitness(host, reachable: true) }
            return course
        case .witnessCut(let side):
            let host = pair.host(side)
            var course = Course()
            try lab.setWitnessLink(host, .down)
            try pair.waitForWitness(host, reachable: false)
            try counter.waitForProgress(200)
            course.mark("\(host) reaches the witness again")
            try lab.setWitnessLink(host, .up)
            try pair.waitForWitness(host, reachable: true)
            return course
        case .witnessDownAndPrimaryPowerCut: return try loseWitnessAndPrimary(pair, counter)
        case .backupReboot: return try rebootBackup(pair)
        case .guestEnd(.reboot): return try rebootGuest(pair)
        case .guestEnd(let end): return try endGuest(&pair, end)
        case .switchover: return try move(pair, "switchover")
        case .failback: return try moveHome(pair)
        }
    }

    private func powerCut(
        _ pair: ProtectedPair, _ side: Side, _ counter: GuestClient
    ) throws(LabError) -> Course {
        let host = pair.host(side)
        var course = Course()
        try pair.lab.cutPower(host)
        try waitForOther(pair, side)
        try counter.waitForProgress(50)
        course.mark("\(host): power back")
        try pair.lab.powerOn(host)
        course.mark("\(host): booted")
        return course
    }

    /// Waits for what the other host concludes from a host's silence.
    private func waitForOther(_ pair: ProtectedPair, _ side: Side) throws(LabError) {
        switch side {
        case .primary: try pair.waitUntilOwned(by: pair.backup)
        case .backup: try pair.waitUntilAlone()
        }
    }

    private func pull(
        _ pair: ProtectedPair, _ cables: Cables, _ side: Side, _ counter: GuestClient
    ) throws(LabError) -> Course {
        let host = pair.host(side)
        var course = Course()
        for network in cables.networks { try pair.lab.setLink(host, network, .down) }
        switch (cables, side) {
        case (.lan, .backup): try counter.waitForProgress(200)
        case (.repl, _): try pair.waitUntilAlone()
        case (.lan, .primary), (.both, _): try waitForOther(pair, side)
        }
        try counter.waitForProgress(50)
        for network in cables.networks { try pair.lab.setLink(host, network, .up) }
        course.mark("\(host): \(cables.rawValue) plugged in")
        return course
    }

    private func freezeHost(
        _ pair: ProtectedPair, _ freeze: Freeze, _ side: Side, _ counter: GuestClient
    ) throws(LabError) -> Course {
        let host = pair.host(side)
        var course = Course()
        try pair.lab.freeze(host)
        switch freeze {
        case .short: Thread.sleep(forTimeInterval: Self.shortFreeze)
        case .long:
            try waitForOther(pair, side)
            try counter.waitForProgress(50)
        }
        try pair.lab.thaw(host)
        course.mark("\(host): thawed")
        return course
    }

    private func kill(_ pair: ProtectedPair, _ victim: Victim, _ host: HostName) throws(LabError) -> Course {
        let service: Product.Service
        switch victim {
        case .controller: service = .controller
        case .heartbeat: service = .heartbeat
        case .helper:
            let process = try pair.lab.shell(host, "pgrep -o -f 'replicactl [t]oolstack-helper restore'")
            let course = Course()
            try pair.lab.shell(host, "kill -KILL \(process)")
            try pair.waitUntilAlone()
            return course
        }
        let process = try pair.product.process(service, host)
        var course = Course()
        try pair.lab.shell(host, "kill -KILL \(process)")
        let event = "systemd has started \(service) on \(host) again"
        try pair.context.wait(until: event) { () throws(LabError) -> Bool? in
            guard let now = try? pair.product.process(service, host) else { return nil }
            return now != process ? true : nil
        }
        course.mark("\(host): \(service) runs again")
        return course
    }

    private func loseWitnessAndPrimary(
        _ pair: ProtectedPair, _ counter: GuestClient
    ) throws(LabError) -> Course {
        try pair.lab.stopWitness()
        for host in HostName.allCases { try pair.waitForWitness(host, reachable: false) }
        try counter.waitForProgress(50)
        var course = Course()
        let (host, heir) = (pair.owner, pair.backup)
        try pair.lab.cutPower(host)
        try pair.context.wait(until: "\(heir) knows that \(host) is dead") { () throws(LabError) -> Bool? in
            try pair.product.statusIfKnown(heir)?.peer.verdict == "dead" ? true : nil
        }
        // Longer than lease, margin and a question to the witness; this is about what must not happen.
        Thread.sleep(forTimeInterval: 10)
        let waiting = try pair.domain(on: heir)
        try pair.context.check(
            waiting?.state == "armed", "\(heir) waits for the witness: \(waiting?.text ?? "nothing")")
        course.earliestTakeover = WallClock.now
        course.mark("witness back")
        try pair.lab.startWitness()
        try pair.waitUntilOwned(by: heir)
        try counter.waitForProgress(50)
        course.mark("\(host): power back")
        try pair.lab.powerOn(host)
        course.mark("\(host): booted")
        return course
    }

    private func rebootBackup(_ pair: ProtectedPair) throws(LabError) -> Course {
        let host = pair.backup
        var course = Course()
        _ = try pair.lab.attemptShell(host, "systemctl reboot", timeout: .seconds(60))
        // A host of the lab that resets stays off.
        try pair.context.wait(until: "\(host) has shut down", limit: .seconds(300)) { () throws(LabError) -> Bool? in
            pair.lab.power(of: host) == .off ? true : nil
        }
        try pair.waitUntilAlone()
        course.mark("\(host): down, boots")
        try pair.lab.powerOn(host)
        course.mark("\(host): booted")
        return course
    }

    private func rebootGuest(_ pair: ProtectedPair) throws(LabError) -> Course {
        let before = try pair.domain(on: pair.owner)
        let course = Course()
        try order("reboot", pair)
        try pair.context.wait(until: "the guest's protection has ended") { () throws(LabError) -> Bool? in
            guard let now = try pair.domain(on: pair.owner), now.generation == before?.generation else { return true }
            return now.state == "protected" ? nil : true
        }
        return course
    }

    /// Ends the guest for good; a new one is created and protected.
    private func endGuest(_ pair: inout ProtectedPair, _ end: GuestEnd) throws(LabError) -> Course {
        var course = Course()
        switch end {
        case .reboot, .shutdown: try order("poweroff", pair)
        case .crash: try order("echo c >/proc/sysrq-trigger", pair)
        case .destroy: try pair.lab.shell(pair.owner, "xl destroy \(pair.guest.name)", timeout: .seconds(120))
        }
        try pair.context.wait(until: "no host has a copy of the guest") { () throws(LabError) -> Bool? in
            for host in HostName.allCases where try !pair.lab.domains(on: host).isEmpty { return nil }
            return true
        }
        course.mark("the guest is gone on both hosts")
        let left = try pair.domain(on: pair.backup)
        try pair.context.check(
            left.map { $0.state == "released" } ?? true, "\(pair.backup) gave it up: \(left?.text ?? "nothing")")
        try pair.replaceGuest()
        course.mark("a new guest is protected")
        return course
    }

    /// Has the guest do something that ends it, after the command's connection is closed.
    private func order(_ command: String, _ pair: ProtectedPair) throws(LabError) {
        let script = "(sleep 1; \(command)) </dev/null >/dev/null 2>&1 &"
        let result = try pair.lab.guestShell(pair.guest, script)
        try pair.context.check(
            result.status == 0, "the guest is to `\(command)`: status \(result.status) \(result.errors)")
    }

    private func move(_ pair: ProtectedPair, _ command: String) throws(LabError) -> Course {
        var course = Course()
        let result = try pair.product.run(pair.owner, "\(command) \(pair.guest.name)")
        try pair.context.check(
            result.status == 0, "\(command): status \(result.status) \(result.output)\(result.errors)")
        course.mark("\(command) has ended")
        return course
    }

    private func moveHome(_ pair: ProtectedPair) throws(LabError) -> Course {
        guard pair.owner == pair.home else { return try move(pair, "failback") }
        let course = Course()
        let result = try pair.product.run(pair.owner, "failback \(pair.guest.name)")
        try pair.context.check(
            result.status == 75, "failback at home is refused: status \(result.status) \(result.errors)")
        return course
    }
}
