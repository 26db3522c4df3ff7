// Two heartbeat nodes with their controllers' lease decisions, in virtual time.

import ReplicaModel

@testable import Heartbeat

/// A primary and a backup under loss, delay, reordering, partitions, freezes, clocks that drift, services that start
/// anew, and somebody who plays back what he recorded.
struct PairSimulation {
    /// Whether the hosts follow the two rules that close the race between a decision and an echo.
    enum Rules { case followed, ignored }

    /// What happens to the pair.
    struct Weather {
        /// Networks that fail and hosts that stand still.
        var hasFailures = true
        /// How many of 10,000 milliseconds begin a restart of a service, on each host.
        var restarts: UInt64 = 0
        /// Recorded datagrams that are played back, in a hundred milliseconds.
        var replays = 0
        /// From when on the primary's host is dead.
        var primaryDiesAt: UInt64 = .max
    }

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
        /// Before it there is no service: what arrives is lost.
        var startsAt: UInt64 = 0
        /// When the controller has connected to a service that started anew; until then it has no claims.
        var connectsAt: UInt64?
        /// The controller's newest claims.
        var claims: (list: ClaimList, serial: UInt64)
        /// Bytes that arrived on each path, in order.
        var inbox: [[[UInt8]]] = [[], []]
        /// Reports on their way to the controller, with the millisecond at which it reads them.
        var reports: [(readAt: UInt64, report: HeartbeatReport)] = []
    }

    enum Side: Int { case primary, backup }

    /// A datagram on its way.
    struct Flight {
        var arrivesAt: UInt64
        var to: Side
        var path: Int
        var bytes: [UInt8]
    }

    private let terms: LeaseTerms
    private let rules: Rules
    private let weather: Weather
    private var recordings = Recordings()
    /// By the receiving side and the path.
    private let seals: [[DatagramSeal]]
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

    /// The beats at which a host took the other one for dead while it was not.
    private(set) var falseDeaths = 0
    /// The sessions that the two nodes took for the live ones, one after the other.
    private(set) var sessionsTaken = 0
    /// Until when the backup took the dead primary for alive.
    private(set) var takenForAliveUntil: UInt64 = 0

    /// When the backup opened its output, in real milliseconds.
    private(set) var activatedAt: UInt64?
    /// Whether the primary could release output at or after that moment.
    private(set) var hadTwoOwners = false
    /// For how many milliseconds the primary could release output.
    private(set) var leasedMilliseconds = 0

    init(seed: UInt64, rules: Rules, weather: Weather = Weather()) throws {
        var random = SeededGenerator(seed: seed)
        let configuration = pairConfiguration(own: "alpha", peer: "beta")
        terms = configuration.leaseTerms
        self.rules = rules
        self.weather = weather
        seals = [("alpha", "beta"), ("beta", "alpha")].map { own, peer in
            configuration.paths.map { makeSeal(of: own, with: peer, over: $0.network) }
        }
        func host(_ role: ClaimRole, rate: Double) throws -> Host {
            let clock = HostClock(offset: Double.random(in: 0...1e12, using: &random), rate: rate)
            let side: Side = role == .armed ? .backup : .primary
            return Host(
                node: try Self.node(side, startedAt: clock.read(0), &random), clock: clock,
                due: UInt64.random(in: 0..<50, using: &random), claims: (claims(claim(role)), 1))
        }
        let rate = Double.random(in: 0.95...1.05, using: &random)
        let backupRate = rate * Double.random(in: 0.9...1.12, using: &random)
        hosts = [try host(.protecting, rate: rate), try host(.armed, rate: backupRate)]
        primaryLease = PrimaryLease(terms: terms)
        backupLease = BackupLease(terms: terms)
        for side in hosts.indices {
            _ = hosts[side].node.controllerConnected()
            _ = hosts[side].node.apply(hosts[side].claims.list, serial: hosts[side].claims.serial)
        }
        self.random = random
    }

    private static func node(
        _ side: Side, startedAt now: MonotonicTime, _ random: inout SeededGenerator
    ) throws -> HeartbeatNode {
        let (own, peer) = side == .primary ? ("alpha", "beta") : ("beta", "alpha")
        return try HeartbeatNode(
            configuration: pairConfiguration(own: own, peer: peer), session: random.next() | 1, startedAt: now)
    }

    /// Runs for some virtual milliseconds.
    mutating func run(milliseconds: UInt64) throws {
        for now in 0..<milliseconds {
            if now == weather.primaryDiesAt { hosts[0].thawsAt = .max }
            try disturb(now)
            deliver(now)
            serve(.primary, now)
            serve(.backup, now)
            controlPrimary(now)
            controlBackup(now)
            let mayRelease = primaryLease.isValid(at: hosts[0].clock.read(now))
            if mayRelease { leasedMilliseconds += 1 }
            if activatedAt != nil && mayRelease { hadTwoOwners = true }
            judge(now)
        }
    }

    private mutating func judge(_ now: UInt64) {
        guard now >= weather.primaryDiesAt else {
            for host in hosts where host.node.verdict.isDead { falseDeaths += 1 }
            return
        }
        switch hosts[1].node.verdict {
        // A service that starts anew knows nothing, and hears nobody.
        case .dead, .unknown: break
        case .alive, .suspect: takenForAliveUntil = now
        }
    }

    private mutating func disturb(_ now: UInt64) throws {
        guard now > 500 else { return }
        if random.chance(weather.replays), var flight = recordings.random(&random) {
            flight.arrivesAt = now
            flights.append(flight)
        }
        for side in hosts.indices where hosts[side].thawsAt <= now && random.next() % 10_000 < weather.restarts {
            try restart(side == 0 ? .primary : .backup, now)
            // Now and then both at once, as after a power cut.
            if random.chance(20), hosts[1 - side].thawsAt <= now { try restart(side == 0 ? .backup : .primary, now) }
        }
        guard weather.hasFailures else { return }
        if random.next() % 2000 == 0 { blockedUntil = now + UInt64.random(in: 50...1200, using: &random) }
        for side in hosts.indices where random.next() % 3000 == 0 && hosts[side].thawsAt < .max {
            hosts[side].thawsAt = now + UInt64.random(in: 20...1500, using: &random)
        }
    }

    /// The service ends and comes back a little later; what arrives in between is lost, the controller stays.
    private mutating func restart(_ side: Side, _ now: UInt64) throws {
        let index = side.rawValue
        let upAt = now + UInt64.random(in: 5...150, using: &random)
        hosts[index].node = try Self.node(side, startedAt: hosts[index].clock.read(upAt), &random)
        hosts[index].inbox = [[], []]
        hosts[index].startsAt = upAt
        hosts[index].thawsAt = upAt
        hosts[index].due = upAt
        hosts[index].connectsAt = upAt + UInt64.random(in: 0...60, using: &random)
        if side == .backup { claimsInFlight = nil }
    }

    private mutating func deliver(_ now: UInt64) {
        for flight in flights where flight.arrivesAt <= now && now >= hosts[flight.to.rawValue].startsAt {
            hosts[flight.to.rawValue].inbox[flight.path].append(flight.bytes)
        }
        flights.removeAll { $0.arrivesAt <= now }
    }

    /// What ``ServiceLoop`` does, in the same order.
    private mutating func serve(_ side: Side, _ now: UInt64) {
        let index = side.rawValue
        guard now >= hosts[index].thawsAt else { return }
        let time = hosts[index].clock.read(now)
        if let connectsAt = hosts[index].connectsAt, connectsAt <= now {
            hosts[index].connectsAt = nil
            perform(hosts[index].node.controllerConnected(), side, now)
            let newest = hosts[index].claims
            perform(hosts[index].node.apply(newest.list, serial: newest.serial), side, now)
        }
        if side == .backup, let message = claimsInFlight, message.readAt <= now {
            claimsInFlight = nil
            perform(hosts[index].node.apply(message.claims, serial: message.serial), side, now)
        }
        for path in 0..<2 {
            let arrived = hosts[index].inbox[path]
            hosts[index].inbox[path] = []
            for bytes in arrived {
                guard case .success(let datagram) = HeartbeatDatagram.decoded(bytes, seals[index][path]) else {
                    continue
                }
                let session = hosts[index].node.report(at: time).peerSession
                perform(hosts[index].node.receive(datagram, path: path, at: time), side, now)
                if hosts[index].node.report(at: time).peerSession != session { sessionsTaken += 1 }
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
        let to: Side = side == .primary ? .backup : .primary
        let bytes = datagram.bytes(sealedBy: seals[side.rawValue][path])
        if weather.replays > 0 { recordings.add(Flight(arrivesAt: now, to: to, path: path, bytes: bytes)) }
        guard now >= blockedUntil, !random.chance(10) else { return }
        for _ in 0..<(random.chance(5) ? 2 : 1) {
            let delay = UInt64.random(in: 0...(random.chance(5) ? 600 : 20), using: &random)
            flights.append(Flight(arrivesAt: now + delay, to: to, path: path, bytes: bytes))
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
            hosts[1].claims = (claims(claim(.activating, generation: 4)), 2)
            // A service that is starting gets them when the controller has connected.
            if hosts[1].connectsAt == nil { claimsInFlight = (now + delay, hosts[1].claims.list, 2) }
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
