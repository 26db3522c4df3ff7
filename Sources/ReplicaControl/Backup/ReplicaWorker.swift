// The thread of one replica: takes the image, commits checkpoints, and activates or discards the replica.

internal import CheckpointStream
internal import Heartbeat
internal import ReplicaModel
internal import ReplicaProtocol
internal import SystemKit
internal import Telemetry
internal import XenToolstack

/// Does the work of one ``ReplicaSession``; belongs to the session's thread alone.
final class ReplicaWorker {
    /// What the worker needs of the controller.
    struct Environment: Sendable {
        /// The hypervisor, for this thread.
        var hypervisor: Hypervisor
        /// The domain's configuration, from the primary.
        var configuration: DomainConfiguration
        /// Whether the domain's devices are connected without Xen's scripts, where they can be.
        var connectsDirectly: Bool
        /// One more than the domain's highest frame number.
        var frameLimit: UInt64
        /// The bound of one checkpoint, in bytes.
        var stagingBytes: Int
        /// How the primary encodes pages; `nil` when they come as they are.
        var encoding: EncodingTerms?
        /// How long sending to the primary may take.
        var sendTimeout: @Sendable () -> Milliseconds
        /// Puts the undo logs under the domain's disks; `nil` where it has none that it writes to.
        var disks: @Sendable () throws(SessionFailure) -> (any ReplicaDisks)?
        /// What is wrong with this host's copies of DRBD resources, if anything.
        var lostCopy: @Sendable ([String]) -> String?
        /// Asks the witness or the fencing agent; the answer is posted to the mailbox.
        var ask: @Sendable (Arbitration.Request, Mailbox<ReplicaSession.Event>) -> Void
        /// Who may take over, as it is configured now.
        var rules: @Sendable () -> OwnershipRules
        /// Writes down who owns the domain, before anything is done under it.
        var persist: @Sendable (OwnershipRecord.Role, Generation, ReasonCode) throws(SessionFailure) -> Void
        /// Gives the heartbeat service the changed claims and returns their serial.
        var claimChanged: @Sendable () -> UInt64
        /// Tells the network where the domain is now; returns once the first announcement was sent.
        var announce: @Sendable (DomainID, [GuestInterface]) -> Void
        /// Watches over the domain that runs here now.
        var activated: @Sendable (DomainID) -> Void
        /// Writes a decision down (safety rule 7); never waits for a disk.
        var record: @Sendable (Decision) -> Void
    }

    let session: ReplicaSession
    let environment: Environment
    let connection: FrameConnection
    private(set) var machine: BackupMachine
    /// The state that the event log was last told.
    var recordedState = StateWord.none
    /// The domain's disks; `nil` where it has none that it writes to.
    private(set) var disks: (any ReplicaDisks)?
    var helper: RestoreHelper?
    var staging: CheckpointStaging?
    /// What encoded pages are decoded with.
    var intake: PageIntake?
    var pending: StagedCheckpoint?
    var addresses: [GuestInterface] = []
    var lastHeard: UInt64?
    var takeover: TakeoverRecord?
    private var askedForCheckpoint = false
    /// No checkpoint can come any more.
    private var isConnectionOver = false
    /// Since when the primary's host is not heard, in nanoseconds of the monotonic clock.
    private var silentSince: UInt64?

    /// No host restarts sooner, in nanoseconds; a primary that lives has long been holding then.
    private static let longSilence: UInt64 = 5_000_000_000
    /// So many bytes of a checkpoint are applied between two looks for a disk barrier.
    private static let applySlice = 1 << 20

    init(
        session: ReplicaSession, environment: Environment, connection: FrameConnection, machine: BackupMachine
    ) {
        self.session = session
        self.environment = environment
        self.connection = connection
        self.machine = machine
    }

    /// The thread's whole life.
    func run() {
        recordBegin()
        do throws(SessionFailure) {
            try environment.persist(.backup, machine.generation, .operatorRequest)
            disks = try environment.disks()
            let first = try takeImage()
            try startStager(first: first)
        } catch {
            fail(error)
        }
        while !machine.isSettled {
            if let event = session.mailbox.next(before: Clock.monotonic + 1_000_000_000) {
                handle(event)
            } else {
                decide(.tick)
            }
            watchDisks()
            partFromDeadPrimary()
        }
        connection.shutdown()
        disks?.reconnect()
        session.publish { $0.hasEnded = true }
        publishState()
        recordEnd()
    }

    // MARK: Events

    func handle(_ event: ReplicaSession.Event) {
        switch event {
        case .heard:
            decide(.heard)
        case .staged(let checkpoint):
            decide(.heard)
            pending = checkpoint
            decide(.verified(checkpoint.epoch, generation: checkpoint.generation))
            // What the machine did not want is given back unread.
            if !machine.keepsVerified, let refused = pending.take() { staging?.giveBack(refused.slot) }
        case .received(let message, let generation, let epoch):
            decide(.heard)
            handle(message, generation, epoch)
        case .broken(let failure):
            fail(failure)
        case .connectionEnded(let text):
            session.publish { if $0.failure == nil { $0.failure = SessionFailure(.connectionLost, text) } }
            decide(.connectionLost)
            isConnectionOver = true
        case .arriving(let epoch, let generation): decide(.arriving(epoch, generation: generation))
        case .ordered: decide(.ordered)
        case .witnessAnswered(let number, let answer): decide(.witnessAnswered(number, answer))
        case .fenced(let number, let isFenced): decide(.fenced(number, isFenced))
        case .report(let report):
            silentSince = report.peerIsSilent ? silentSince ?? Clock.monotonic : nil
            machine.rules = environment.rules()
            decide(.report(report))
        case .reportsLost: decide(.reportsLost)
        }
    }

    private func handle(_ message: Message, _ generation: Generation, _ epoch: Epoch) {
        guard generation == machine.generation else { return }
        switch message {
        case .diskBarrier: decide(.barrier(epoch, generation: generation))
        case .stop: decide(.stopped(.primaryEnded))
        case .handover: decide(.handedOver(generation))
        case .addresses(let interfaces): addresses = interfaces
        default: fail(SessionFailure(.checkpointCorrupt, "the primary sent a message that only a backup sends"))
        }
    }

    private func fail(_ failure: SessionFailure) {
        record(failure)
        session.publish { if $0.failure == nil { $0.failure = failure } }
        switch failure.reason {
        case .connectionLost:
            decide(.connectionLost)
            isConnectionOver = true
        case .primaryEnded: decide(.stopped(.primaryEnded))
        case .checkpointCorrupt where machine.committed > .none, .stagingLimit where machine.committed > .none:
            // A sick primary soon dies: what is wrong with a checkpoint that is not committed spoils none that is (safety
            // rule 4). The primary, told of it, ends the protection in good order; until then it can be taken over from.
            try? send(.refuse(Refusal(reason: failure.reason.rawValue, message: failure.text, hint: "")), Epoch.none)
        default: decide(.failed(failure.reason))
        }
    }

    // MARK: Decisions

    func decide(_ event: BackupMachine.Event) {
        if case .heard = event { lastHeard = Clock.wall }
        let actions = machine.handle(event, at: MonotonicTime(nanoseconds: Clock.monotonic))
        if case .activating = machine.state, takeover == nil { beginTakeover() }
        for action in actions { perform(action) }
        recordChange()
    }

    private func perform(_ action: BackupMachine.Action) {
        do throws(SessionFailure) {
            switch action {
            case .acknowledge(let epoch): try acknowledge(epoch)
            case .apply: try applyPending()
            case .placeBarrier(let epoch):
                try disks?.placeBarrier(epoch)
                PlantedCrash.backupBarrier.strike()
                decide(.barrierPlaced(epoch))
            case .confirmBarrier(let epoch):
                try send(.diskBarrierPlaced, epoch)
                try disks?.prepareBarrier()
            case .dropUndoLogs(let barrier):
                PlantedCrash.backupCommit.strike()
                try disks?.dropUndoLogs(before: barrier)
            case .rollBack(let barrier): try takeDisks(barrier)
            case .withdrawLease: decide(.leaseWithdrawn(claimsSerial: publishState()))
            case .persist(let role, let generation, let reason): persist(role, generation, reason)
            case .publish: publishState()
            case .ask(let request): environment.ask(request, session.mailbox)
            case .activate: try restore()
            case .run: try runReplica()
            case .discard: discard()
            case .sendReplicaGone(let reason):
                let text = session.snapshot.failure?.text ?? reason.meaning
                try? send(.lost(Ending(reason: reason.rawValue, text: text)), Epoch.none)
            case .record(let reason): record(reason)
            }
        } catch {
            fail(error)
        }
    }

    private func persist(_ role: OwnershipRecord.Role, _ generation: Generation, _ reason: ReasonCode) {
        do throws(SessionFailure) {
            try environment.persist(role, generation, reason)
        } catch {
            record(error)
            return decide(.persisted(role, false))
        }
        decide(.persisted(role, true))
    }

    private func acknowledge(_ epoch: Epoch) throws(SessionFailure) {
        guard let pending else { return }
        do throws(SessionFailure) {
            try send(.acknowledge(Acknowledge(sentAt: pending.sentAt, stagedBytes: UInt64(pending.bytes))), epoch)
        } catch {
            // The checkpoint is committed all the same; that the primary is gone is found out by silence.
            session.publish { if $0.failure == nil { $0.failure = error } }
        }
    }

    private func applyPending() throws(SessionFailure) {
        guard let checkpoint = pending.take(), let staging else { return }
        defer { staging.giveBack(checkpoint.slot) }
        let records = UnsafeRawBufferPointer(staging.bytes(of: checkpoint.slot))
        var position = 0
        while position < checkpoint.bytes {
            let end = min(position + Self.applySlice, checkpoint.bytes)
            try feed(UnsafeRawBufferPointer(rebasing: records[position..<end]))
            position = end
            // The guest stands still until its disks' barrier is placed.
            while let event = session.mailbox.next(where: \.isDiskBarrier) { handle(event) }
        }
        try feed(LibxlRecords.commit)
        let status = StagingStatus(limitBytes: UInt64(staging.limit), peakBytes: UInt64(staging.peakBytes))
        let encoding = intake?.status
        session.publish {
            $0.staging = status
            $0.encoding = encoding
        }
    }

    /// Asks for an early checkpoint when an undo log fills up, and gives the replica up when one was lost (safety rule 6).
    private func watchDisks() {
        guard let disks, machine.state == .armed else { return }
        do throws(SessionFailure) {
            if let lost = environment.lostCopy(session.subject.disks) {
                throw SessionFailure(.diskMirrorUnsound, "\(lost); see `replicactl disk status` on this host")
            }
            let isFilling = try disks.isFilling()
            if isFilling, !askedForCheckpoint { try send(.undoFilling, machine.committed) }
            askedForCheckpoint = isFilling
        } catch { fail(error) }
    }

    /// A primary that comes back from a crash would resync into the undo logs of a replica that still waits.
    private func partFromDeadPrimary() {
        guard let disks, let silentSince, machine.isReady else { return }
        guard isConnectionOver || Clock.monotonic >= silentSince + Self.longSilence else { return }
        do throws(SessionFailure) { try disks.part() } catch { record(error) }
    }

    private func discard() {
        defer { disks?.release() }
        guard let helper = helper.take() else { return }
        do throws(ToolstackError) { try helper.abort() } catch {
            Log.error(
                "A replica could not be taken away", ("REPLICACTL_DOMAIN", session.subject.name),
                ("REPLICACTL_DETAIL", error.description))
        }
    }

    // MARK: Helpers

    func feed(_ bytes: [UInt8]) throws(SessionFailure) {
        try bytes.span.bytes.withUnsafeBytes { (raw) throws(SessionFailure) in try feed(raw) }
    }

    func feed(_ bytes: UnsafeRawBufferPointer) throws(SessionFailure) {
        do throws(ToolstackError) {
            guard helper != nil else { throw ToolstackError.helperFailed(verb: "restore", message: "it is gone") }
            try helper.use { (helper) throws(ToolstackError) in try helper.write(bytes) }
        } catch { throw SessionFailure(.restoreFailed, error.description) }
    }

    func send(_ message: Message, _ epoch: Epoch) throws(SessionFailure) {
        try connected { () throws(TransportError) in
            try connection.send(
                message, generation: machine.generation, epoch: epoch, timeout: environment.sendTimeout())
        }
    }

    /// Shows the machine's state to status, and to the peer with the next heartbeat.
    ///
    /// - Returns: The serial of the claims that the heartbeat service was given.
    @discardableResult
    private func publishState() -> UInt64 {
        let state = machine.state
        let claim = machine.claim
        session.publish { published in
            if published.state != state {
                published.state = state
                published.since = Clock.wall
            }
            published.claim = claim
        }
        return environment.claimChanged()
    }
}
