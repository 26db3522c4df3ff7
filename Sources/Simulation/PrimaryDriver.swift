internal import Heartbeat
internal import ReplicaModel
internal import ReplicaProtocol

/// The thread of a protected domain: does what the real worker does with the real machine, in the same order.
final class PrimaryDriver {
    /// What comes in to the thread.
    enum Input {
        case machine(PrimaryMachine.Event)
        case timer(WorkerTimer)
        case ready
        case refused(ReasonCode)
    }

    /// Where the thread is in its program.
    enum Phase: Equatable {
        case connecting
        case awaitingReady
        case copying(piecesLeft: Int)
        case waitingToArm
        case betweenEpochs
        case suspended(Epoch)
        case awaitingDiskBarrier(Epoch)
        case sending(Epoch)
        case awaitingRelease(Epoch)
        /// Waits for the peer's word, or watches over a domain without a replica.
        case settling
        case ended
    }

    let world: World
    let host: SimulatedHost
    let controller: SimulatedController
    let session: Int
    var machine: PrimaryMachine
    var connection: Int?
    var phase = Phase.settling
    var wantsFinalCheckpoint = false
    var isFinal = false
    var epoch = Epoch.none
    var epochBegan: VirtualTime = 0
    var staged = GuestMoment(life: 0, counter: 0)
    var stagedWrites = GuestWrites()
    /// The thread stands in a call: what comes in waits.
    var isBlocked = false
    private var isDraining = false
    private var mailbox: [Input] = []
    private var actions: [PrimaryMachine.Action] = []

    /// More than this never waits, as in the real session's mailbox (safety rule 6).
    static let mailboxLimit = 1_024

    init(world: World, host: SimulatedHost, controller: SimulatedController, machine: PrimaryMachine) {
        self.world = world
        self.host = host
        self.controller = controller
        self.machine = machine
        session = world.nextLife()
    }

    var hasEnded: Bool { phase == .ended }

    /// Whether the session still belongs to a living controller.
    private var isCurrent: Bool { host.controller === controller && controller.session.number == session }

    // MARK: Beginning

    /// Takes up a domain that an earlier controller left on record.
    func takeUp() {
        phase = .settling
        if case .unprotected = machine.state { open() } else { host.guest?.isOpen = false }
        world.note(host.number, "takes up the domain: \(machine.state.words)")
        afterEvent()
    }

    /// Connects to the peer for the first copy.
    func begin() {
        phase = .connecting
        _ = world.publishClaims(host, controller)
        let peer = world.hosts[host.number.other.rawValue]
        let works =
            world.canPass(from: host.number, over: .replication)
            && world.canPass(from: host.number.other, over: .replication) && peer.controller != nil
        let delay = works ? milliseconds(2) : milliseconds(1_000)
        world.queue.push(
            .timer(host.number, session: session, works ? .connected : .connectFailed), at: world.now + delay)
    }

    private func connected() {
        guard world.hosts[host.number.other.rawValue].controller != nil else {
            return fail(.peerUnreachable)
        }
        connection = world.openConnection(from: host.number, session: session)
        phase = .awaitingReady
        world.send(.protect(machine.generation), on: connection ?? 0, from: host.number)
        // The wait for the replica's shell has a bound.
        world.queue.push(
            .timer(host.number, session: session, .connectFailed), at: world.now + milliseconds(5_000))
    }

    private func ready() {
        guard phase == .awaitingReady else { return }
        world.checker.owns(host.number, machine.generation, world)
        // On record before any replica can be armed: a restarted controller then knows that one may be.
        phase = .copying(piecesLeft: world.setup.imagePieces)
        isBlocked = true
        world.write(.primary, machine.generation, .operatorRequest, session: session, at: host)
    }

    // MARK: Inputs

    /// A report comes in; it is only copied where it has to wait.
    func take(_ report: HeartbeatReport) {
        if isBlocked || isDraining { return post(.machine(.report(report))) }
        decide(.report(report))
        drain()
    }

    func post(_ input: Input) {
        precondition(mailbox.count < Self.mailboxLimit, "a session's mailbox is full")
        mailbox.append(input)
        drain()
    }

    func tickIfIdle() { if !isBlocked, mailbox.isEmpty { post(.machine(.tick)) } }

    func receive(_ message: PeerMessage) {
        switch message {
        case .ready: post(.ready)
        case .refuse(let reason): post(.refused(reason))
        case .acknowledge(let epoch, let generation, let sentAt):
            if generation == machine.generation { post(.machine(.acknowledged(epoch, sentAt: sentAt))) }
        case .diskBarrierPlaced(let epoch, let generation):
            if generation == machine.generation { post(.machine(.diskBarrierPlaced(epoch))) }
        case .activated(let generation): post(.machine(.peerActivated(generation)))
        case .lost(let generation, let reason):
            if generation >= machine.generation { post(.machine(.replicaGone(reason))) }
        case .closed: post(.machine(.connectionLost(.connectionLost)))
        case .protect, .image, .diskBarrier, .checkpointBegin, .checkpointEnd, .handover, .stop: break
        }
    }

    /// The write that the thread waited for has come to its end.
    func written(_ isOnDisk: Bool) {
        guard isBlocked else { return }
        isBlocked = false
        if let role = persisting {
            persisting = nil
            decide(.persisted(role, isOnDisk))
        } else if isOnDisk {
            beginCopy()
        } else {
            fail(.storageFailed)
        }
        drain()
    }

    private func drain() {
        guard !isDraining, isCurrent else { return }
        isDraining = true
        perform()
        while !isBlocked, !mailbox.isEmpty, isCurrent { handle(mailbox.removeFirst()) }
        isDraining = false
    }

    private func handle(_ input: Input) {
        switch input {
        case .machine(let event): decide(event)
        case .ready: ready()
        case .refused(let reason): if phase == .awaitingReady { fail(reason) }
        case .timer(let timer): handle(timer)
        }
    }

    private func handle(_ timer: WorkerTimer) {
        switch timer {
        case .connected: connected()
        case .connectFailed:
            if phase == .connecting || phase == .awaitingReady { fail(.peerUnreachable) }
        case .imagePiece: sendImagePiece()
        case .epoch: if phase == .betweenEpochs { runEpoch() }
        case .acknowledgeTimeout(let number):
            guard phase == .awaitingRelease(Epoch(rawValue: number)) else { return }
            fail(machine.acknowledged.rawValue < number ? .acknowledgeTimeout : .leaseExpired)
        case .diskBarrierTimeout(let number):
            guard phase == .awaitingDiskBarrier(Epoch(rawValue: number)) else { return }
            host.guest?.resume(at: world.now)
            fail(.diskBarrierTimeout)
        case .resume, .sent, .imageIdle, .restored, .announced, .barrierPlaced, .rolledBack: break
        }
    }

    /// A timer that ends a blocking call.
    func unblock(_ timer: WorkerTimer) {
        isBlocked = false
        switch timer {
        case .resume: awaitDiskBarrier()
        case .sent: finishSending()
        default: break
        }
        drain()
    }

    // MARK: Decisions

    private var persisting: OwnershipRecord.Role?

    /// A failure of the thread's own: a broken connection, or an end in good order over a good one.
    func fail(_ reason: ReasonCode) {
        world.note(host.number, "fails: \(reason.rawValue)")
        switch reason {
        case .connectionLost, .acknowledgeTimeout, .diskBarrierTimeout, .leaseExpired, .peerUnreachable:
            decide(.connectionLost(reason))
        default: decide(.stopRequested(reason))
        }
        // The program of epochs ends here, whatever the machine made of it.
        if phase != .ended { phase = .settling }
        afterEvent()
    }

    func decide(_ event: PrimaryMachine.Event) {
        let before = machine.state
        let new = machine.handle(event, at: host.time(at: world.now))
        world.checker.follow(before, machine.state, new, host.number, world)
        actions.insert(contentsOf: new, at: 0)
        perform()
        afterEvent()
    }

    private func perform() {
        while !isBlocked, !actions.isEmpty, isCurrent { perform(actions.removeFirst()) }
    }

    private func perform(_ action: PrimaryMachine.Action) {
        switch action {
        case .sendDiskBarrier(let epoch): send(.diskBarrier(epoch, machine.generation))
        case .release(let epoch): release(epoch)
        case .open: open()
        case .captureFinalCheckpoint:
            wantsFinalCheckpoint = true
            if phase == .betweenEpochs {
                world.queue.push(.timer(host.number, session: session, .epoch), at: world.now)
            }
        case .sendHandover:
            world.checker.handsOver(host, world)
            send(.handover(machine.generation))
        case .sendStop:
            if case .holding(let reason) = machine.state {
                send(.stop(machine.generation, reason))
            } else {
                send(.stop(machine.generation, .cancelled))
            }
        case .endConnection: endConnection()
        case .discardDomain:
            world.checker.discards(host.number, machine.generation, world)
            world.destroyGuest(host, because: "discarded")
        case .persist(let role, let reason):
            isBlocked = true
            persisting = role
            world.write(role, machine.generation, reason, session: session, at: host)
        case .publish: _ = world.publishClaims(host, controller)
        case .ask(.askWitness(let number, let question)):
            world.askWitness(question, number: number, session: session, from: host)
        case .ask(.fence(let number)): world.fence(from: host, session: session, number: number)
        case .record(let reason): world.record(reason, host.number)
        }
    }

    func send(_ message: PeerMessage) {
        if let connection { world.send(message, on: connection, from: host.number) }
    }

    func endConnection() {
        guard let connection else { return }
        world.closeConnection(connection, at: host.number)
    }
}
