internal import Heartbeat
internal import ReplicaModel
internal import ReplicaProtocol

/// The thread of a replica: does what the real worker does with the real machine, in the same order.
final class BackupDriver {
    /// What comes in to the thread.
    enum Input {
        case machine(BackupMachine.Event)
        case arriving(Checkpoint)
        case staged(Checkpoint)
        case restored(isGood: Bool)
        case announced
        case barrierPlaced(Epoch)
        case rolledBack(Epoch?)
    }

    /// A checkpoint in staging.
    struct Checkpoint {
        var epoch: Epoch
        var generation: Generation
        var sentAt: MonotonicTime
        var content: GuestMoment?
        var writes = GuestWrites()
    }

    let world: World
    let host: SimulatedHost
    let controller: SimulatedController
    let session: Int
    let connection: Int
    var machine: BackupMachine
    /// The image is coming in, and the mailbox is looked at only when none came for a while.
    private var takesImage = true
    private var idleCount = 0
    private var isBlocked = false
    private var isDraining = false
    private var hasBegun = false
    private var persisting: OwnershipRecord.Role?
    private var pending: Checkpoint?
    private var mailbox: [Input] = []
    private var actions: [BackupMachine.Action] = []

    init(
        world: World, host: SimulatedHost, controller: SimulatedController, generation: Generation, connection: Int
    ) {
        self.world = world
        self.host = host
        self.controller = controller
        self.connection = connection
        session = world.nextLife()
        machine = BackupMachine(
            domain: guestIdentity, generation: generation,
            hosts: HostPair(own: host.number.name, peer: host.number.other.name),
            lease: BackupLease(terms: world.setup.leaseTerms), rules: world.setup.rules, hasDisks: world.setup.hasDisks,
            plantedFaults: world.setup.plantedFaults)
    }

    var hasEnded: Bool { machine.isSettled && !isBlocked && actions.isEmpty }

    private var isCurrent: Bool { host.controller === controller && controller.session.number == session }

    /// Puts it on record that a replica is held here, then makes its shell.
    func begin() {
        _ = world.publishClaims(host, controller)
        isBlocked = true
        world.write(.backup, machine.generation, .operatorRequest, session: session, at: host)
    }

    // MARK: Inputs

    func take(_ report: HeartbeatReport) {
        if isBlocked || isDraining || takesImage { return post(.machine(.report(report))) }
        decide(.report(report))
        drain()
    }

    func post(_ input: Input) {
        precondition(mailbox.count < PrimaryDriver.mailboxLimit, "a session's mailbox is full")
        mailbox.append(input)
        drain()
    }

    func tickIfIdle() { if !isBlocked, !takesImage, mailbox.isEmpty { post(.machine(.tick)) } }

    func receive(_ message: PeerMessage) {
        switch message {
        case .image:
            guard takesImage, !isBlocked else { return }
            watchImage()
            decide(.heard)
        case .diskBarrier(let epoch, let generation):
            takesImage = false
            post(.machine(.barrier(epoch, generation: generation)))
        case .checkpointBegin(let epoch, let generation, let begunAt):
            takesImage = false
            post(.arriving(Checkpoint(epoch: epoch, generation: generation, sentAt: begunAt, content: nil)))
        case .checkpointEnd(let epoch, let generation, let sentAt, let content, let writes):
            post(
                .staged(
                    Checkpoint(
                        epoch: epoch, generation: generation, sentAt: sentAt, content: content, writes: writes)))
        case .handover(let generation):
            post(.machine(.heard))
            if generation == machine.generation { post(.machine(.handedOver(generation))) }
        case .stop(let generation, _):
            takesImage = false
            post(.machine(.heard))
            if generation == machine.generation { post(.machine(.stopped(.primaryEnded))) }
        case .closed:
            takesImage = false
            post(.machine(.connectionLost))
        case .protect, .ready, .refuse, .acknowledge, .diskBarrierPlaced, .lost, .activated: break
        }
    }

    /// After a second without a piece of the image the worker looks at the heartbeat.
    private func watchImage() {
        idleCount += 1
        world.queue.push(
            .timer(host.number, session: session, .imageIdle(count: idleCount)), at: world.now + milliseconds(1_000))
    }

    func imageIdle(_ count: Int) {
        guard takesImage, count == idleCount else { return }
        takesImage = false
        drain()
        takesImage = machine.state == .receiving
        if takesImage { watchImage() }
    }

    func written(_ isOnDisk: Bool) {
        guard isBlocked else { return }
        isBlocked = false
        if let role = persisting {
            persisting = nil
            decide(.persisted(role, isOnDisk))
        } else if isOnDisk {
            host.replica = SimulatedReplica(session: session, generation: machine.generation)
            world.send(.ready, on: connection, from: host.number)
            watchImage()
        } else {
            takesImage = false
            decide(.failed(.storageFailed))
        }
        drain()
    }

    func unblock(_ input: Input) {
        isBlocked = false
        switch input {
        case .restored(let isGood): restored(isGood)
        case .announced: announced()
        case .barrierPlaced(let epoch):
            world.placeBarrier(epoch, at: host)
            decide(.barrierPlaced(epoch))
        case .rolledBack(let barrier):
            world.rollBack(to: barrier, at: host)
            decide(.rolledBack)
        case .machine, .arriving, .staged: break
        }
        drain()
    }

    private func drain() {
        guard !isDraining, isCurrent else { return }
        isDraining = true
        perform()
        while !isBlocked, !takesImage, !mailbox.isEmpty, isCurrent { handle(mailbox.removeFirst()) }
        isDraining = false
        if hasEnded { world.closeConnection(connection, at: host.number) }
    }

    private func handle(_ input: Input) {
        switch input {
        case .machine(let event): decide(event)
        case .arriving(let checkpoint):
            pending = checkpoint
            decide(.arriving(checkpoint.epoch, generation: checkpoint.generation))
        case .staged(let checkpoint):
            decide(.heard)
            pending = checkpoint
            world.checker.verified(checkpoint.epoch, checkpoint.generation)
            decide(.verified(checkpoint.epoch, generation: checkpoint.generation))
            if !machine.keepsVerified { pending = nil }
        case .restored, .announced, .barrierPlaced, .rolledBack: break
        }
    }

    // MARK: Decisions

    func decide(_ event: BackupMachine.Event) {
        let before = machine.state
        let new = machine.handle(event, at: host.time(at: world.now))
        if before != machine.state {
            world.checker.follow(before, machine.state, new, host.number, world)
            switch machine.state {
            case .withdrawing: world.hit(.withdrawing, host.number)
            case .deciding: world.hit(.deciding, host.number)
            case .activating: world.hit(.activating, host.number)
            case .receiving, .armed, .active, .discarded: break
            }
        }
        actions.insert(contentsOf: new, at: 0)
        perform()
    }

    private func perform() {
        while !isBlocked, !actions.isEmpty, isCurrent { perform(actions.removeFirst()) }
    }

    private func perform(_ action: BackupMachine.Action) {
        switch action {
        case .acknowledge(let epoch):
            guard let pending else { return }
            world.send(
                .acknowledge(epoch, machine.generation, sentAt: pending.sentAt), on: connection, from: host.number)
        case .apply(let epoch): apply(epoch)
        case .placeBarrier(let epoch): wait(.barrierPlaced(epoch), atMost: 3)
        case .confirmBarrier(let epoch):
            world.send(.diskBarrierPlaced(epoch, machine.generation), on: connection, from: host.number)
        case .dropUndoLogs(let barrier): host.volume.undo.removeAll { $0.epoch < barrier }
        case .rollBack(let barrier): wait(.rolledBack(barrier), atMost: 20)
        case .withdrawLease: decide(.leaseWithdrawn(claimsSerial: world.publishClaims(host, controller)))
        case .persist(let role, let generation, let reason):
            isBlocked = true
            persisting = role
            world.write(role, generation, reason, session: session, at: host)
        case .publish: _ = world.publishClaims(host, controller)
        case .ask(.askWitness(let number, let question)):
            world.askWitness(question, number: number, session: session, from: host)
        case .ask(.fence(let number)): world.fence(from: host, session: session, number: number)
        case .activate: activate()
        case .run: runReplica()
        case .discard: world.destroyReplica(host)
        case .sendReplicaGone(let reason):
            world.send(.lost(machine.generation, reason), on: connection, from: host.number)
        case .record(let reason): world.record(reason, host.number)
        }
    }

    private func wait(_ timer: WorkerTimer, atMost most: UInt64) {
        isBlocked = true
        world.queue.push(
            .timer(host.number, session: session, timer),
            at: world.now + 100_000 + world.random.below(milliseconds(most)))
    }

    private func apply(_ epoch: Epoch) {
        guard let pending, pending.epoch == epoch else { return }
        if host.replica?.applied.next != epoch || pending.content == nil { host.replica?.isBroken = true }
        host.replica?.applied = epoch
        if let content = pending.content { host.replica?.content = content }
        host.replica?.writes = pending.writes
    }

    // MARK: Activation

    private func activate() {
        isBlocked = true
        pending = nil
        let isGood = host.replica != nil && world.activationFails == 0
        world.queue.push(
            .timer(host.number, session: session, .restored(isGood: isGood)),
            at: world.now + milliseconds(world.setup.restore.least + world.random.below(world.setup.restore.spread)))
    }

    private func restored(_ isGood: Bool) {
        decide(isGood && host.replica != nil ? .restored : .failed(.activationFailed))
    }

    private func runReplica() {
        guard let replica = host.replica else { return decide(.failed(.activationFailed)) }
        world.checker.activates(
            replica, committed: machine.committed, under: machine.generation,
            isOrdered: machine.state == .activating(.operatorOrder), host, world)
        // The domain runs, and its addresses are announced before the machine hears of it.
        isBlocked = true
        world.queue.push(
            .timer(host.number, session: session, .announced), at: world.now + 500_000 + world.random.below(5_000_000))
    }

    private func announced() {
        decide(.activated)
        world.send(.activated(machine.generation), on: connection, from: host.number)
    }
}
