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
        /// One more than the domain's highest frame number.
        var frameLimit: UInt64
        /// The bound of one checkpoint, in bytes.
        var stagingBytes: Int
        /// How long sending to the primary may take.
        var sendTimeout: Milliseconds
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
    private var helper: RestoreHelper?
    private var staging: CheckpointStaging?
    private var pending: StagedCheckpoint?
    private var addresses: [GuestInterface] = []
    private var lastHeard: UInt64?
    private var takeover: TakeoverRecord?

    /// Libxl's devices and scripts have this long to be ready.
    private static let restoreBound: Milliseconds = 120_000
    /// The longest wait for a piece of the image without a look at the heartbeat.
    private static let receiveSlice: Milliseconds = 1_000

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
        }
        connection.shutdown()
        session.publish { $0.hasEnded = true }
        publishState()
        recordEnd()
    }

    // MARK: The image

    /// Starts the restore helper and hands the image through to it, verified piece by piece.
    ///
    /// - Returns: The announcement of the first checkpoint, which ends the image.
    private func takeImage() throws(SessionFailure) -> (CheckpointBegin, FrameHeader) {
        let name = session.subject.name
        do throws(ToolstackError) {
            helper = try RestoreHelper(
                hypervisor: environment.hypervisor, configuration: environment.configuration,
                name: ReplicaName.of(name)
            ) { line in Log.info("libxl", ("REPLICACTL_DOMAIN", name), ("REPLICACTL_DETAIL", line)) }
        } catch { throw SessionFailure(.restoreFailed, error.description) }
        do throws(SystemError) { staging = try CheckpointStaging(limit: environment.stagingBytes) } catch {
            throw SessionFailure(error)
        }
        guard let staging else { throw SessionFailure(.internalFault, "there is no staging") }
        try send(.ready, Epoch.none)
        try feed(LibxlRecords.preamble)
        var verifier = ImageVerifier(frameLimit: environment.frameLimit)
        let room = UnsafeMutableRawBufferPointer(rebasing: staging.bytes(of: 0).prefix(FrameHeader.maximumBulk))
        while true {
            guard let frame = try receiveOfImage(into: room) else { continue }
            switch frame.content {
            case .bulk(.image):
                let piece = UnsafeRawBufferPointer(
                    rebasing: UnsafeRawBufferPointer(room)[..<frame.header.payloadLength])
                do throws(StreamError) { try verifier.feed(piece) } catch {
                    throw SessionFailure(.checkpointCorrupt, error.description)
                }
                try feed(piece)
            case .message(.checkpointBegin(let begin)):
                do throws(StreamError) { _ = try verifier.finish() } catch {
                    throw SessionFailure(.checkpointCorrupt, error.description)
                }
                return (begin, frame.header)
            case .message(.stop(let stop)):
                throw SessionFailure(.primaryEnded, stop.text)
            case .message, .bulk:
                throw SessionFailure(.checkpointCorrupt, "an unexpected message came inside the image")
            }
        }
    }

    /// Receives one frame of the image, and looks at the heartbeat while none comes: the primary's host may be gone.
    ///
    /// - Returns: `nil` when none came for a while.
    private func receiveOfImage(into room: UnsafeMutableRawBufferPointer) throws(SessionFailure) -> ReceivedFrame? {
        do throws(TransportError) {
            let frame = try connection.receive(bulk: room, timeout: Self.receiveSlice)
            decide(.heard)
            return frame
        } catch {
            guard error == .timedOut else { throw SessionFailure(.connectionLost, error.description) }
        }
        while let event = session.mailbox.next(before: 0) { handle(event) }
        guard !machine.isSettled else { throw SessionFailure(.connectionLost, "the first copy was broken off") }
        return nil
    }

    private func startStager(first: (CheckpointBegin, FrameHeader)) throws(SessionFailure) {
        guard let staging else { return }
        let stager = CheckpointStager(
            connection: connection, staging: staging, frameLimit: environment.frameLimit, mailbox: session.mailbox)
        do throws(SystemError) {
            try Thread(name: "stage-\(session.subject.name)") { stager.run(first: first) }.detach()
        } catch { throw SessionFailure(error) }
    }

    // MARK: Events

    private func handle(_ event: ReplicaSession.Event) {
        switch event {
        case .heard:
            decide(.heard)
        case .staged(let checkpoint):
            decide(.heard)
            pending = checkpoint
            decide(.verified(checkpoint.epoch, generation: checkpoint.generation))
            // What the machine did not want is given back unread.
            if !machine.keepsVerified, let refused = pending.take() { staging?.giveBack(refused.slot) }
        case .received(let message, let generation):
            decide(.heard)
            handle(message, generation)
        case .broken(let failure):
            fail(failure)
        case .connectionEnded(let text):
            session.publish { if $0.failure == nil { $0.failure = SessionFailure(.connectionLost, text) } }
            decide(.connectionLost)
        case .arriving(let epoch, let generation): decide(.arriving(epoch, generation: generation))
        case .ordered: decide(.ordered)
        case .witnessAnswered(let number, let answer): decide(.witnessAnswered(number, answer))
        case .fenced(let number, let isFenced): decide(.fenced(number, isFenced))
        case .report(let report):
            machine.rules = environment.rules()
            decide(.report(report))
        case .reportsLost: decide(.reportsLost)
        }
    }

    private func handle(_ message: Message, _ generation: Generation) {
        guard generation == machine.generation else { return }
        switch message {
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
        case .connectionLost: decide(.connectionLost)
        case .primaryEnded: decide(.stopped(.primaryEnded))
        case .checkpointCorrupt where machine.committed > .none, .stagingLimit where machine.committed > .none:
            // A sick primary soon dies: what is wrong with a checkpoint that is not committed spoils none that is (safety
            // rule 4). The primary, told of it, ends the protection in good order; until then it can be taken over from.
            try? send(.refuse(Refusal(reason: failure.reason.rawValue, message: failure.text, hint: "")), Epoch.none)
        default: decide(.failed(failure.reason))
        }
    }

    // MARK: Decisions

    private func decide(_ event: BackupMachine.Event) {
        if case .heard = event { lastHeard = Clock.wall }
        for action in machine.handle(event, at: MonotonicTime(nanoseconds: Clock.monotonic)) { perform(action) }
        recordChange()
    }

    private func perform(_ action: BackupMachine.Action) {
        do throws(SessionFailure) {
            switch action {
            case .acknowledge(let epoch): try acknowledge(epoch)
            case .apply: try applyPending()
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
        do throws(SessionFailure) { try environment.persist(role, generation, reason) } catch {
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
        try feed(
            UnsafeRawBufferPointer(
                rebasing: UnsafeRawBufferPointer(staging.bytes(of: checkpoint.slot))[..<checkpoint.bytes]))
        try feed(LibxlRecords.commit)
        let status = StagingStatus(limitBytes: UInt64(staging.limit), peakBytes: UInt64(staging.peakBytes))
        session.publish { $0.staging = status }
    }

    /// Ends the checkpoints' stream: the replica becomes a whole domain that stands still.
    private func restore() throws(SessionFailure) {
        takeover = TakeoverRecord(lastHeard: lastHeard, decided: Clock.wall)
        let begun = takeover
        session.publish { $0.takeover = begun }
        // What still lies in staging was never committed.
        if let refused = pending.take() { staging?.giveBack(refused.slot) }
        guard helper != nil else { throw SessionFailure(.activationFailed, "the restore helper is gone") }
        do throws(ToolstackError) {
            try helper.use { (helper) throws(ToolstackError) in
                helper.finishStream()
                _ = try helper.waitRestored(timeout: Self.restoreBound)
            }
        } catch { throw SessionFailure(.activationFailed, error.description) }
        takeover?.restored = Clock.wall
        decide(.restored)
    }

    /// Lets the restored domain run, once it is on record as this host's.
    private func runReplica() throws(SessionFailure) {
        guard var helper = helper.take() else {
            throw SessionFailure(.activationFailed, "the restore helper is gone")
        }
        var record = takeover ?? TakeoverRecord(lastHeard: lastHeard, decided: Clock.wall)
        let domain: DomainID
        do throws(ToolstackError) {
            domain = try startReplica(&helper)
            record.activated = Clock.wall
        } catch { throw SessionFailure(.activationFailed, error.description) }
        environment.announce(domain, addresses)
        record.announced = Clock.wall
        let finished = record
        session.publish {
            $0.takeover = finished
            $0.domain = domain.rawValue
        }
        decide(.activated)
        environment.activated(domain)
        try? send(.activated, Epoch.none)
    }

    /// Orders the restored domain to run.
    ///
    /// When the confirmation does not come, the helper is ended and Xen is asked until it answers: a domain that runs, or has
    /// run, is active, and one that is still paused is destroyed, so that "it failed" is never said of a domain that
    /// ran (safety rule 2).
    private func startReplica(_ helper: inout RestoreHelper) throws(ToolstackError) -> DomainID {
        let failure: ToolstackError
        do throws(ToolstackError) {
            return try helper.activate(finalName: session.subject.name)
        } catch { failure = error }
        helper.kill()
        var isTold = false
        while true {
            do throws(ToolstackError) {
                guard let domain = try environment.hypervisor.domain(with: session.subject.identity) else {
                    throw failure
                }
                switch domain.state {
                case .running, .blocked, .shutdown: return domain.id
                case .paused:
                    try ToolstackHelper.destroy(domain.id) { line in Log.info("libxl", ("REPLICACTL_DETAIL", line)) }
                case .dying: break
                }
            } catch {
                if error == failure { throw failure }
                if !isTold { record(SessionFailure(error)) }
                isTold = true
            }
            Clock.sleep(milliseconds: 500)
        }
    }

    private func discard() {
        guard let helper = helper.take() else { return }
        do throws(ToolstackError) { try helper.abort() } catch {
            Log.error(
                "A replica could not be taken away", ("REPLICACTL_DOMAIN", session.subject.name),
                ("REPLICACTL_DETAIL", error.description))
        }
    }

    // MARK: Helpers

    private func feed(_ bytes: [UInt8]) throws(SessionFailure) {
        try bytes.span.bytes.withUnsafeBytes { (raw) throws(SessionFailure) in try feed(raw) }
    }

    private func feed(_ bytes: UnsafeRawBufferPointer) throws(SessionFailure) {
        do throws(ToolstackError) {
            guard helper != nil else { throw ToolstackError.helperFailed(verb: "restore", message: "it is gone") }
            try helper.use { (helper) throws(ToolstackError) in try helper.write(bytes) }
        } catch { throw SessionFailure(.restoreFailed, error.description) }
    }

    private func send(_ message: Message, _ epoch: Epoch) throws(SessionFailure) {
        try connected { () throws(TransportError) in
            try connection.send(
                message, generation: machine.generation, epoch: epoch, timeout: environment.sendTimeout)
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

/// The name of a replica until it is activated.
enum ReplicaName {
    /// What marks a replica.
    static let suffix = "--replica"

    /// The replica's name for a domain's.
    static func of(_ name: String) -> String { name + suffix }
}
