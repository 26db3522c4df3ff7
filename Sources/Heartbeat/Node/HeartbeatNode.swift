public import ReplicaModel

/// One host's side of the heartbeat: events and the time in, actions out; no clock and no I/O.
///
/// The service drives it from sockets, a simulator from its own network and clock.
public struct HeartbeatNode: Sendable {
    /// The detector's conclusion.
    public var verdict: PeerVerdict { detector.verdict }
    /// The datagrams that were refused.
    public private(set) var refusals = RefusalCounts()

    private let session: UInt64
    private let ownName: HostName
    private let networks: [PathNetwork]
    private let isWatched: [Bool]

    private var detector: PeerDetector
    private var monitors: [PathMonitor]
    private var sessions = SessionTracker()
    private var pending: PendingEchoes
    /// The newest beat of the peer, whose flags, carriers and claims are the ones that count.
    private var peer: HeartbeatDatagram?
    private var peerHeardAt: MonotonicTime

    private var sequence: UInt64 = 0
    private var flags: DatagramFlags = []
    private var carriers: [Bool]
    private var claims = ClaimList()
    private var claimsSerial: UInt64 = 0

    /// Makes the node of a service that starts now.
    ///
    /// - Parameters:
    ///   - configuration: What the host is told.
    ///   - session: Random, not 0, and another one for each start.
    ///   - now: The clock.
    /// - Throws: ``HeartbeatError/configuration(_:)``.
    public init(
        configuration: HeartbeatConfiguration, session: UInt64, startedAt now: MonotonicTime
    ) throws(HeartbeatError) {
        precondition(session != 0, "a session is never 0")
        try configuration.check()
        guard let ownName = HostName(configuration.ownName) else {
            throw .configuration("this host's name is not valid")
        }
        self.ownName = ownName
        self.session = session
        networks = configuration.paths.map(\.network)
        isWatched = configuration.paths.map { !$0.carrierInterface.isEmpty }
        carriers = isWatched.map { !$0 }
        monitors = Array(repeating: PathMonitor(), count: networks.count)
        pending = PendingEchoes(paths: networks.count)
        peerHeardAt = now
        detector = PeerDetector(paths: networks.count, timeout: configuration.timeout, startedAt: now)
    }

    /// Takes a datagram that arrived.
    ///
    /// - Parameters:
    ///   - datagram: A datagram of the peer's, for this host and this path, as its tag proves.
    ///   - path: The index of the path on which it arrived.
    ///   - now: The clock, read after it was received.
    /// - Returns: What to do.
    public mutating func receive(_ datagram: HeartbeatDatagram, path: Int, at now: MonotonicTime) -> NodeActions {
        do {
            return try take(datagram, path: path, at: now)
        } catch {
            refuse(error)
            return []
        }
    }

    /// Counts a datagram that could not be read, or came from elsewhere.
    ///
    /// - Parameter reason: Why it is not taken.
    public mutating func refuse(_ reason: DatagramRefusal) { refusals[reason] += 1 }

    private mutating func take(
        _ datagram: HeartbeatDatagram, path: Int, at now: MonotonicTime
    ) throws(DatagramRefusal) -> NodeActions {
        let judgement = sessions.judge(datagram, ownSession: session)
        switch judgement {
        case .superseded: throw .supersededSession
        case .unproven:
            refuse(.unprovenSession)
            return pending.see(datagram, path: path, at: now) ? .beat : []
        case .current, .proven: break
        }
        // One beat comes once on every path, and a slow path may bring an older one: only the newest one speaks.
        let isNewest = peer.map { $0.session != datagram.session || datagram.sequence > $0.sequence } ?? true
        if !isNewest, isTooOld(datagram) { throw monitors[path].refuseLate() }
        let heardAt = isNewest ? now : min(now, peerHeardAt)
        try monitors[path].receive(datagram, ownSession: session, at: now, heardAt: heardAt)
        var actions: NodeActions = []
        if judgement == .proven {
            sessions.begin(datagram.session, at: now)
            pending.forget()
            // At once, because the peer may wait for this host's proof.
            actions.insert(.beat)
        }
        if isNewest { detector.bear(peerLateness: UInt64(datagram.latenessMicroseconds) * 1000) }
        // A dead host is brought back by what it says now, not by what was on its way.
        if isNewest || !verdict.isDead, detector.heard(on: path, at: heardAt) {
            actions.formUnion([.report, .verdict])
        }
        if isNewest {
            if peer.map({ !Self.saySame($0, datagram) }) ?? true { actions.insert(.report) }
            peer = datagram
            peerHeardAt = now
        }
        return actions
    }

    /// Whether a datagram of the present session is so much older than the newest one that it says nothing of its path.
    ///
    /// It was held back, or recorded on a path that had failed, and would let the path look sound.
    private func isTooOld(_ datagram: HeartbeatDatagram) -> Bool {
        peer.map { $0.sendTime.nanoseconds(since: datagram.sendTime) > detector.timeout } ?? false
    }

    private static func saySame(_ left: HeartbeatDatagram, _ right: HeartbeatDatagram) -> Bool {
        left.session == right.session && left.flags == right.flags && left.carriers == right.carriers
            && left.claims.agreesOnRoles(with: right.claims)
    }

    /// Takes the beat's time into account, after everything that was queued has been received.
    ///
    /// - Parameters:
    ///   - due: When the beat was due.
    ///   - now: The clock.
    /// - Returns: What to do; always a beat and a report.
    public mutating func tick(due: MonotonicTime, at now: MonotonicTime) -> NodeActions {
        pending.allowAnswers()
        let graces = detector.lateness.graces
        var actions: NodeActions = [.beat, .report]
        if detector.tick(due: due, at: now) { actions.insert(.verdict) }
        if detector.lateness.graces > graces { actions.insert(.grace) }
        return actions
    }

    /// The controller connected; its claims are the old ones until it gives new ones.
    public mutating func controllerConnected() -> NodeActions {
        flags.insert(.controllerConnected)
        claimsSerial = 0
        return [.beat, .report]
    }

    /// The controller is gone; its guests are not, so that its last claims are still sent.
    public mutating func controllerLost() -> NodeActions {
        flags.remove(.controllerConnected)
        if !claims.isEmpty { flags.insert(.claimsStale) }
        claimsSerial = 0
        return .beat
    }

    /// Takes the controller's claims over; every datagram from now on carries them.
    ///
    /// - Parameters:
    ///   - newClaims: All that this host says.
    ///   - serial: The controller's number for them.
    /// - Returns: What to do: a report that confirms them, and a beat at once unless only epochs moved.
    public mutating func apply(_ newClaims: ClaimList, serial: UInt64) -> NodeActions {
        let isUrgent = flags.contains(.claimsStale) || !claims.agreesOnRoles(with: newClaims)
        claims = newClaims
        claimsSerial = serial
        flags.remove(.claimsStale)
        return isUrgent ? [.beat, .report] : []
    }

    /// The carrier of a path's interface came or went.
    public mutating func carrierChanged(path: Int, hasCarrier: Bool) -> NodeActions {
        guard isWatched[path], carriers[path] != hasCarrier else { return [] }
        carriers[path] = hasCarrier
        return [.beat, .report]
    }

    /// The service is being stopped in an orderly way.
    public mutating func shutDown() -> NodeActions {
        flags.insert(.shuttingDown)
        return .beat
    }

    /// Counts a new beat; one datagram on every path belongs to it.
    public mutating func beginBeat() {
        sequence += 1
        pending.beginBeat()
    }

    /// The beat's datagram for one path.
    ///
    /// - Parameters:
    ///   - path: The path's index.
    ///   - now: The clock, read before the datagram is sent: the lease is counted from it.
    /// - Returns: The datagram; claims, flags and echo are of this moment.
    public func datagram(path: Int, at now: MonotonicTime) -> HeartbeatDatagram {
        let echo =
            pending.answer(path: path, at: now) ?? monitors[path].echo(at: now) ?? pending.echo(path: path, at: now)
        var datagram = HeartbeatDatagram(
            hostName: ownName, network: networks[path], session: session, sequence: sequence, sendTime: now,
            echo: echo, flags: flags, carriers: ownCarriers, claims: claims)
        datagram.latenessMicroseconds = UInt32(clamping: detector.ownLateness / 1000)
        return datagram
    }

    private var ownCarriers: NetworkCarriers {
        var all = NetworkCarriers()
        for path in networks.indices where isWatched[path] {
            switch networks[path] {
            case .lan: all.lan = all.lan == true || carriers[path]
            case .replication: all.replication = all.replication == true || carriers[path]
            }
        }
        return all
    }

    /// Brings a report up to date in place, so that no beat allocates.
    ///
    /// - Parameters:
    ///   - report: A report with the configured paths.
    ///   - now: The clock.
    public func fill(_ report: inout HeartbeatReport, at now: MonotonicTime) {
        report.time = now
        report.verdict = detector.verdict
        for path in monitors.indices {
            report.paths[path].take(monitors[path])
            report.paths[path].localCarrier = carriers[path]
            report.paths[path].isSilent = detector.silent.contains(PathSet(path: path))
        }
        report.peerSession = peer?.session
        report.peerControllerConnected = peer?.flags.contains(.controllerConnected)
        report.peerClaimsStale = peer?.flags.contains(.claimsStale) ?? false
        report.peerShuttingDown = peer?.flags.contains(.shuttingDown) ?? false
        report.peerCarriers = peer?.carriers ?? NetworkCarriers()
        report.peerClaims = peer?.claims ?? ClaimList()
        report.peerLateness = UInt64(peer?.latenessMicroseconds ?? 0) * 1000
        report.claimsSerial = claimsSerial
        report.lateness = detector.lateness
        report.refusals = refusals
    }
}
