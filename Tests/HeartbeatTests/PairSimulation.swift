// Two heartbeat nodes with their controllers' lease decisions, in virtual time.

import ReplicaModel

@testable import Heartbeat

/// A primary and a backup under loss, delay, reordering, partitions, freezes and clocks that drift.
struct PairSimulation {
    /// Whether the hosts follow the two rules that close the race between a decision and an echo.
    enum Rules { case followed, ignored }

    /// A host's clock: an offset and a rate.
    private struct HostClock {
        var offset: Double
        var rate: Double

        func read(_ milliseconds: UInt64) -> MonotonicTime {
            MonotonicTime(nanoseconds: UInt64(offset + Double(milliseconds) * 1e6 * rate))
        }
    }

    private struct Host {
        var node: HeartbeatNode
        var clock: HostClock
        var due: UInt64
        var thawsAt: UInt64 = 0
        /// Bytes that arrived on each path, in order.
        var inbox: [[[UInt8]]] = [[], []]
        /// Reports on their way to the controller, with the millisecond at which it reads them.
        var reports: [(readAt: UInt64, report: HeartbeatReport)] = []
    }

    private enum Side: Int { case primary, backup }

    private struct Flight {
        var arrivesAt: UInt64
        var to: Side
        var path: Int
        var bytes: [UInt8]
    }

    private let terms: LeaseTerms
    private let rules: Rules
    private var random: SeededGenerator
    /// The primary and the backup, by ``Side``.
    private var hosts: [Host]
    private var flights: [Flight] = []
    private var blockedUntil: UInt64 = 0
    private var primaryLease: PrimaryLease
    private var backupLease: BackupLease
    private var gate: ActivationGate?
    /// Claims on their way to the backup's service.
    private var claimsInFlight: (readAt: UInt64, claims: ClaimList, serial: UInt64)?

    /// When the backup opened its output, in real milliseconds.
    private(set) var activatedAt: UInt64?
    /// Whether the primary could release output at or after that moment.
    private(set) var hadTwoOwners = false
    /// For how many milliseconds the primary could release output.
    private(set) var leasedMilliseconds = 0

    init(seed: UInt64, rules: Rules) throws {
        var random = SeededGenerator(seed: seed)
        let configuration = pairConfiguration(own: "alpha", peer: "beta")
        terms = configuration.leaseTerms
        self.rules = rules
        func host(_ own: String, _ peer: String, rate: Double) throws -> Host {
            let clock = HostClock(offset: Double.random(in: 0...1e12, using: &random), rate: rate)
            let node = try HeartbeatNode(
                configuration: pairConfiguration(own: own, peer: peer), session: random.next() | 1,
                startedAt: clock.read(0))
            return Host(node: node, clock: clock, due: UInt64.random(in: 0..<50, using: &random))
        }
        let rate = Double.random(in: 0.95...1.05, using: &random)
        let backupRate = rate * Double.random(in: 0.9...1.12, using: &random)
        hosts = [try host("alpha", "beta", rate: rate), try host("beta", "alpha", rate: backupRate)]
        primaryLease = PrimaryLease(terms: terms)
        backupLease = BackupLease(terms: terms)
        for (side, role) in [ClaimRole.protecting, .armed].enumerated() {
            _ = hosts[side].node.controllerConnected()
            _ = hosts[side].node.apply(claims(claim(role)), serial: 1)
        }
        self.random = random
    }

    /// Runs for some virtual milliseconds.
    mutating func run(milliseconds: UInt64) {
        for now in 0..<milliseconds {
            disturb(now)
            deliver(now)
            serve(.primary, now)
            serve(.backup, now)
            controlPrimary(now)
            controlBackup(now)
            let mayRelease = primaryLease.isValid(at: hosts[0].clock.read(now))
            if mayRelease { leasedMilliseconds += 1 }
            if activatedAt != nil && mayRelease { hadTwoOwners = true }
        }
    }

    private mutating func disturb(_ now: UInt64) {
        guard now > 500 else { return }
        if random.next() % 2000 == 0 { blockedUntil = now + UInt64.random(in: 50...1200, using: &random) }
        for side in hosts.indices where random.next() % 3000 == 0 {
            hosts[side].thawsAt = now + UInt64.random(in: 20...1500, using: &random)
        }
    }

    private mutating func deliver(_ now: UInt64) {
        for flight in flights where flight.arrivesAt <= now {
            hosts[flight.to.rawValue].inbox[flight.path].append(flight.bytes)
        }
        flights.removeAll { $0.arrivesAt <= now }
    }

    /// What ``ServiceLoop`` does, in the same order.
    private mutating func serve(_ side: Side, _ now: UInt64) {
        let index = side.rawValue
        guard now >= hosts[index].thawsAt else { return }
        let time = hosts[index].clock.read(now)
        if side == .backup, let message = claimsInFlight, message.readAt <= now {
            claimsInFlight = nil
            perform(hosts[index].node.apply(message.claims, serial: message.serial), side, now)
        }
        for path in 0..<2 {
            let arrived = hosts[index].inbox[path]
            hosts[index].inbox[path] = []
            for bytes in arrived {
                guard case .success(let datagram) = HeartbeatDatagram.decoded(bytes) else { continue }
                perform(hosts[index].node.receive(datagram, path: path, at: time), side, now)
            }
        }
        let due = hosts[index].due
        guard now >= due else { return }
        perform(hosts[index].node.tick(due: hosts[index].clock.read(due), at: time), side, now)
        hosts[index].due += ((now - due) / 50 + 1) * 50
    }

    private mutating func perform(_ actions: NodeActions, _ side: Side, _ now: UInt64) {
        let index = side.rawValue
        let time = hosts[index].clock.read(now)
        if actions.contains(.beat) {
            hosts[index].node.beginBeat()
            for path in 0..<2 { send(hosts[index].node.datagram(path: path, at: time), path, from: side, now) }
        }
        if actions.contains(.report) {
            let readAt = now + UInt64.random(in: 0...20, using: &random)
            hosts[index].reports.append((readAt, hosts[index].node.report(at: time)))
        }
    }

    private mutating func send(_ datagram: HeartbeatDatagram, _ path: Int, from side: Side, _ now: UInt64) {
        guard now >= blockedUntil, !random.chance(10) else { return }
        for _ in 0..<(random.chance(5) ? 2 : 1) {
            let delay = UInt64.random(in: 0...(random.chance(5) ? 600 : 20), using: &random)
            let to: Side = side == .primary ? .backup : .primary
            flights.append(Flight(arrivesAt: now + delay, to: to, path: path, bytes: datagram.bytes))
        }
    }

    private mutating func controlPrimary(_ now: UInt64) {
        for report in readReports(.primary, now) {
            let confirmed =
                rules == .followed
                ? report.confirmedSendTime(for: someDomain, generation: Generation(rawValue: 3))
                : report.newestEchoOfOurs
            if let confirmed { primaryLease.renew(confirmed: confirmed) }
        }
    }

    private mutating func controlBackup(_ now: UInt64) {
        let time = hosts[1].clock.read(now)
        for report in readReports(.backup, now) {
            gate?.observe(report)
            if let contact = report.lastContact { backupLease.heard(at: contact) }
            guard gate == nil, case .dead = report.verdict, backupLease.mayActivate(at: time) else { continue }
            gate = ActivationGate(lease: backupLease, claimsSerial: 2)
            let delay = UInt64.random(in: 0...20, using: &random)
            claimsInFlight = (now + delay, claims(claim(.activating, generation: 4)), 2)
            if rules == .ignored { activatedAt = activatedAt ?? now }
        }
        guard now >= hosts[1].thawsAt, let gate, gate.isOpen(at: time) else { return }
        activatedAt = activatedAt ?? now
    }

    /// The reports that the controller of a host has read by now, in order.
    private mutating func readReports(_ side: Side, _ now: UInt64) -> [HeartbeatReport] {
        let index = side.rawValue
        guard now >= hosts[index].thawsAt else { return [] }
        let reports = hosts[index].reports.prefix { $0.readAt <= now }.map(\.report)
        hosts[index].reports.removeFirst(reports.count)
        return reports
    }
}
