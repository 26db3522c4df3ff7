internal import Heartbeat
internal import ReplicaModel
internal import ReplicaProtocol

/// Both hosts, everything between them, and the client: one run from its first event to its verdict.
final class World {
    let setup: RunSetup
    var random: SeededGenerator
    var now: VirtualTime = 0
    var queue = EventQueue()
    var hosts: [SimulatedHost] = []
    var datagrams = Pool<HeartbeatDatagram>()
    var reports = Pool<HeartbeatReport>()
    var claimMessages = Pool<SimulatedClaims>()
    let emptyReport: HeartbeatReport
    var connections: [CheckpointConnection] = []
    var witness = SimulatedWitness()
    let checker = OwnershipChecker()
    var timeline: Timeline
    var statistics = RunStatistics()

    // What the faults have done to the networks and the rest.
    /// How many faults stop what a host sends, by network and by host.
    var blocked = [[0, 0], [0, 0]]
    var noise = [Noise(), Noise()]
    var slowConnections = 0
    var fencingBroken = 0
    var activationFails = 0
    var fencings = 0
    var strikes: [Strike?] = []
    /// Whether what one host writes for the guest comes to the other, too.
    var isMirrored = true
    var writeCount: UInt64 = 0
    var standing: StandingFault?
    /// Whether the operator wants the domain to be protected.
    var isProtectionWanted = false
    /// When the guest's host last lost its power while a replica covered the guest.
    var guestDiedAt: VirtualTime?
    /// Who served the client when that was last told.
    var servedBy: HostNumber?
    /// The guest was shut down, and is not to come back.
    var isGuestShutDown = false
    var quietSince: VirtualTime?
    var outcome: RunOutcome?
    private(set) var situationAtEnd = ""
    private var lives = 0

    /// How datagrams fare on a network.
    struct Noise {
        var lossPerMille: UInt64 = 0
        var isDirty = false
        var longestDelay: UInt64 = milliseconds(100)
    }

    init(_ setup: RunSetup, isTold: Bool) {
        self.setup = setup
        random = SeededGenerator(seed: setup.seed &* 0x2545_f491_4f6c_dd1d &+ 0x1234_5678)
        emptyReport = HeartbeatReport(
            time: MonotonicTime(nanoseconds: 0), paths: setup.heartbeat(of: .first).paths)
        timeline = Timeline(isKept: isTold)
        for number in HostNumber.allCases {
            let offset = milliseconds(1_000_000) + random.below(milliseconds(1_000_000_000))
            hosts.append(
                SimulatedHost(
                    number: number, clock: SimulatedClock(offset: offset, drift: setup.drift[number.rawValue])))
        }
        for network in Network.allCases { noise[network.rawValue] = quietNoise }
    }

    var quietNoise: Noise {
        Noise(lossPerMille: setup.lossPerMille, isDirty: setup.isDirty, longestDelay: milliseconds(100))
    }

    var isConnectionSlow: Bool { slowConnections > 0 }

    func nextLife() -> Int {
        lives += 1
        return lives
    }

    // MARK: The run

    /// Runs to the end.
    func run() -> RunOutcome {
        begin()
        while outcome == nil, let (time, event) = queue.pop() {
            if let end = setup.end, time > end { break }
            now = time
            dispatch(event)
            look()
            if let violation = checker.violation { outcome = .violation(violation) }
        }
        let result = outcome ?? .well
        situationAtEnd = situation
        statistics.finish(self)
        // The drivers hold the world: the circle is broken here.
        for host in hosts { host.dropController() }
        hosts = []
        return result
    }

    private func begin() {
        for host in hosts {
            startService(host)
            startController(host)
        }
        let life = checker.begin(from: nil, .none, .first)
        hosts[0].guest = SimulatedGuest(life: life, counter: 0, isOpen: true, at: now)
        beginWriting(hosts[0])
        queue.push(.operate(.protect), at: setup.protectAt)
        strikes = Array(repeating: nil, count: setup.faults.count)
        for (index, fault) in setup.faults.enumerated() where fault.moment == nil {
            queue.push(.fault(index), at: fault.start)
        }
        queue.push(.look, at: 0)
    }

    // MARK: Events

    private func dispatch(_ event: Event) {
        switch event.place {
        case .service(let number):
            let host = hosts[number.rawValue]
            if host.serviceIsStopped { return deferToService(event, host) }
            atService(event, host)
        case .controller(let number):
            let host = hosts[number.rawValue]
            if host.controllerIsStopped { return host.deferredByController.append(event) }
            atController(event, host)
        case .world:
            inWorld(event)
        }
    }

    private func deferToService(_ event: Event, _ host: SimulatedHost) {
        // A socket's queue has a bound; what comes beyond it is lost.
        if case .datagram(_, _, let place) = event, host.deferredByService.count > 500 {
            return datagrams.giveBack(place)
        }
        host.deferredByService.append(event)
    }

    private func atService(_ event: Event, _ host: SimulatedHost) {
        switch event {
        case .datagram(_, let path, let place):
            guard host.isUp, host.hasCarrier[path] else { return datagrams.giveBack(place) }
            receiveDatagram(host, path: path, place: place)
        case .beat(_, let life):
            if let service = host.service, service.life == life { beat(host, service) }
        case .claims(_, let life, let place):
            guard let service = host.service, service.life == life else { return claimMessages.giveBack(place) }
            takeClaims(host, service, place: place)
        case .carriersRead(_, let life):
            if let service = host.service, service.life == life { readCarriers(host, service) }
        default: break
        }
    }

    private func atController(_ event: Event, _ host: SimulatedHost) {
        guard let controller = host.controller else {
            if case .report(_, _, let place) = event { reports.giveBack(place) }
            return
        }
        switch event {
        case .report(_, let life, let place):
            guard controller.life == life else { return reports.giveBack(place) }
            takeReport(host, controller, place: place)
        case .serviceLost(_, let life, let serviceLife):
            if controller.life == life, controller.serviceLife == serviceLife { loseService(host, controller) }
        case .serviceConnect(_, let life):
            if controller.life == life { connectService(host, controller) }
        case .tick(_, let life):
            if controller.life == life { tick(host, controller) }
        case .message(_, let connection):
            deliver(connection, to: host)
        case .connectionEnded(_, let connection):
            endConnection(connection, at: host)
        default:
            atSession(event, controller.session)
        }
    }

    private func atSession(_ event: Event, _ session: SimulatedController.Session) {
        switch session {
        case .none: return
        case .primary(let driver):
            switch event {
            case .timer(_, driver.session, .resume): driver.unblock(.resume)
            case .timer(_, driver.session, .sent): driver.unblock(.sent)
            case .timer(_, driver.session, let timer): driver.post(.timer(timer))
            case .written(_, driver.session, let isOnDisk): driver.written(isOnDisk)
            case .witnessAnswer(_, driver.session, let request):
                guard let answer = witness.requests[request].answer else { return }
                driver.post(.machine(.witnessAnswered(witness.requests[request].number, answer)))
            case .fenceAnswer(_, driver.session, let number, let isFenced):
                driver.post(.machine(.fenced(number, isFenced)))
            default: break
            }
        case .backup(let driver):
            switch event {
            case .timer(_, driver.session, .restored(let isGood)): driver.unblock(.restored(isGood: isGood))
            case .timer(_, driver.session, .announced): driver.unblock(.announced)
            case .timer(_, driver.session, .barrierPlaced(let epoch)): driver.unblock(.barrierPlaced(epoch))
            case .timer(_, driver.session, .rolledBack(let barrier)): driver.unblock(.rolledBack(barrier))
            case .timer(_, driver.session, .imageIdle(let count)): driver.imageIdle(count)
            case .written(_, driver.session, let isOnDisk): driver.written(isOnDisk)
            case .witnessAnswer(_, driver.session, let request):
                guard let answer = witness.requests[request].answer else { return }
                driver.post(.machine(.witnessAnswered(witness.requests[request].number, answer)))
            case .fenceAnswer(_, driver.session, let number, let isFenced):
                driver.post(.machine(.fenced(number, isFenced)))
            default: break
            }
        }
    }

    private func inWorld(_ event: Event) {
        switch event {
        case .diskDone(let number, let write):
            let host = hosts[number.rawValue]
            guard let (session, isOnDisk) = host.disk.finish(write) else { return }
            if isOnDisk { host.recordedAt = now }
            queue.push(.written(number, session: session, isOnDisk: isOnDisk), at: now + 50_000)
        case .guestWrites(let number, let life): guestWrites(hosts[number.rawValue], life: life)
        case .mirrored(let number, let write, let since): mirror(write, from: hosts[number.rawValue], since: since)
        case .witnessStep(let request, let step): witnessStep(request, step)
        case .fenceStrikes(let number, let power): sendFencing(hosts[number.rawValue], power: power)
        case .fenceHits(let number, _): fenceHits(hosts[number.rawValue])
        case .fenceDone(let number, let power, let session, let request, let outcome):
            finishFencing(hosts[number.rawValue], power: power, session: session, number: request, outcome)
        case .serviceStarts(let number, let power):
            if hosts[number.rawValue].power == power { startService(hosts[number.rawValue]) }
        case .controllerStarts(let number, let power):
            if hosts[number.rawValue].power == power { startController(hosts[number.rawValue]) }
        case .boot(let number, let power):
            if hosts[number.rawValue].power == power { boot(hosts[number.rawValue]) }
        case .fault(let index): strike(index)
        case .faultEnds(let index): end(index)
        case .operate(let order): operate(order)
        case .look:
            judge()
            queue.push(.look, at: now + milliseconds(100))
        default: break
        }
    }
}
