internal import CLinux
internal import Glibc
internal import ReplicaModel
internal import SystemKit

/// The beat's thread: waits, receives all that is queued, then judges and sends; the decisions are ``HeartbeatNode``'s.
struct ServiceLoop: ~Copyable {
    /// Datagrams taken from one path in a row (safety rule 6): more than a socket's queue holds, so that only a flood
    /// reaches it, and then the beat still goes out.
    private static let burst = 1024

    private let configuration: HeartbeatConfiguration
    private let signals: ServiceSignals
    private let onBeat: @Sendable () -> Void
    private let sockets: [PathSocket]
    private var controller: ControllerSocket
    private var node: HeartbeatNode
    private var report: HeartbeatReport
    private var carriers: PathSet = []
    private var sendErrors: [Int32]
    private var polled: [pollfd]
    private let packet = PacketBuffer()

    /// Opens every socket of the service.
    static func open(
        configuration: HeartbeatConfiguration, key: HeartbeatKey, signals: ServiceSignals,
        onBeat: @escaping @Sendable () -> Void
    ) throws(HeartbeatError) -> ServiceLoop {
        let now = MonotonicTime(nanoseconds: Clock.monotonic)
        let node = try HeartbeatNode(configuration: configuration, session: try randomSession(), startedAt: now)
        var sockets: [PathSocket] = []
        for path in configuration.paths {
            sockets.append(try PathSocket(path, seal: try configuration.seal(of: path, key: key)))
        }
        return ServiceLoop(
            configuration: configuration, signals: signals, sockets: sockets,
            controller: try ControllerSocket(path: configuration.socketPath), node: node,
            report: HeartbeatReport(time: now, paths: configuration.paths), onBeat: onBeat)
    }

    private init(
        configuration: HeartbeatConfiguration, signals: ServiceSignals, sockets: [PathSocket],
        controller: consuming ControllerSocket, node: HeartbeatNode, report: HeartbeatReport,
        onBeat: @escaping @Sendable () -> Void
    ) {
        self.configuration = configuration
        self.signals = signals
        self.sockets = sockets
        self.controller = controller
        self.node = node
        self.report = report
        self.onBeat = onBeat
        sendErrors = Array(repeating: 0, count: sockets.count)
        polled = Array(repeating: pollfd(fd: -1, events: Int16(POLLIN), revents: 0), count: 3 + sockets.count)
    }

    private static func randomSession() throws(HeartbeatError) -> UInt64 {
        var session: UInt64 = 0
        do {
            while session == 0 { try checked(rc_random(&session, MemoryLayout<UInt64>.size), "getrandom") }
        } catch {
            throw .system(error)
        }
        return session
    }

    /// Beats until the service is to end, then says so to the peer.
    mutating func run() {
        let interval = configuration.interval.nanoseconds
        var due = Clock.monotonic
        while !signals.isStopping {
            wait(until: due)
            serveReady()
            guard Clock.monotonic >= due else { continue }
            // Safety rule 2 hangs on this order: a thawed host hears what is queued before it judges any silence.
            for path in sockets.indices { receive(path, atMost: Self.burst) }
            let now = Clock.monotonic
            perform(node.tick(due: MonotonicTime(nanoseconds: due), at: MonotonicTime(nanoseconds: now)))
            signals.countBeat()
            onBeat()
            // Beats that were missed are not made up for; the rhythm stays.
            due += ((now - due) / interval + 1) * interval
        }
        perform(node.shutDown())
    }

    private mutating func wait(until due: UInt64) {
        polled[0].fd = signals.number
        polled[1].fd = controller.listenerNumber
        polled[2].fd = controller.connectionNumber
        for path in sockets.indices { polled[3 + path].fd = sockets[path].number }
        // After an error nothing counts as ready; the beat at the latest looks at every path.
        if rc_poll_until(&polled, polled.count, due) < 0 { for index in polled.indices { polled[index].revents = 0 } }
    }

    /// Serves what the wait found, and no other descriptor: under Xen a system call is dear.
    private mutating func serveReady() {
        if polled[0].revents != 0 {
            signals.clear()
            takeCarriers()
        }
        // The old connection is served before a new one takes its place.
        if polled[2].revents != 0 { serveController() }
        if polled[1].revents != 0, controller.accept() {
            perform(node.controllerConnected())
            ServiceLog.controller(isConnected: true)
        }
        for path in sockets.indices where polled[3 + path].revents != 0 { receive(path, atMost: 1) }
    }

    private mutating func takeCarriers() {
        let newCarriers = signals.carriers
        guard newCarriers != carriers else { return }
        carriers = newCarriers
        var actions: NodeActions = []
        for path in sockets.indices {
            let hasCarrier = newCarriers.contains(PathSet(path: path))
            actions.formUnion(node.carrierChanged(path: path, hasCarrier: hasCarrier))
        }
        perform(actions)
    }

    private mutating func serveController() {
        switch controller.receive(through: packet.bytes) {
        case .nothing: return
        case .claims(let message): perform(node.apply(message.claims, serial: message.serial))
        case .lost: loseController()
        }
    }

    private mutating func loseController() {
        perform(node.controllerLost())
        ServiceLog.controller(isConnected: false)
    }

    private mutating func receive(_ path: Int, atMost count: Int) {
        for _ in 0..<count {
            let received = sockets[path].receive(through: packet.bytes)
            if case .nothing = received { return }
            take(received, path: path)
        }
    }

    private mutating func take(_ received: PathSocket.Received, path: Int) {
        let before = node.refusals
        switch received {
        case .nothing: return
        case .datagram(let datagram):
            // The clock is read after the datagram was received: the lease's argument needs this order.
            perform(node.receive(datagram, path: path, at: MonotonicTime(nanoseconds: Clock.monotonic)))
        case .refused(let reason): node.refuse(reason)
        }
        guard node.refusals != before else { return }
        for reason in DatagramRefusal.allCases where node.refusals[reason] != before[reason] {
            ServiceLog.refusal(reason, count: node.refusals[reason], path: configuration.paths[path].name)
        }
    }

    private mutating func perform(_ actions: NodeActions) {
        if actions.contains(.beat) { beat() }
        if actions.contains(.report) {
            node.fill(&report, at: MonotonicTime(nanoseconds: Clock.monotonic))
            if !controller.send(report, through: packet.bytes) { loseController() }
        }
        if actions.contains(.grace) { ServiceLog.grace(lateBy: report.lateness.last) }
        if actions.contains(.verdict) {
            ServiceLog.verdict(node.verdict, peer: configuration.peerName, paths: configuration.paths)
        }
    }

    private mutating func beat() {
        node.beginBeat()
        for path in sockets.indices {
            // The clock is read before the datagram is sent: the lease's argument needs this order.
            let datagram = node.datagram(path: path, at: MonotonicTime(nanoseconds: Clock.monotonic))
            let error = sockets[path].send(datagram, through: packet.bytes)
            guard error != sendErrors[path] else { continue }
            sendErrors[path] = error
            ServiceLog.sending(error, path: configuration.paths[path].name)
        }
    }
}
