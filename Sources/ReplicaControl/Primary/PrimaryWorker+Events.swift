// What comes in to the session's thread, and what the machine's decisions do.

internal import CheckpointStream
internal import Heartbeat
internal import Pacing
internal import ReplicaModel
internal import ReplicaProtocol
internal import SystemKit
internal import XenToolstack

extension PrimaryWorker {
    /// Receives on a thread of its own until the connection ends; each message becomes an event.
    func startReceiver(_ connection: FrameConnection) throws(SessionFailure) {
        let mailbox = session.mailbox
        do {
            try Thread(name: "acks-\(session.subject.name)") {
                do throws(TransportError) {
                    while true {
                        let frame = try connection.receive()
                        guard case .message(let message) = frame.content else { continue }
                        mailbox.post(
                            .received(
                                message, generation: frame.header.generation, epoch: frame.header.epoch,
                                at: Clock.monotonic))
                    }
                } catch {
                    mailbox.post(.connectionEnded(error.description))
                }
            }.detach()
        } catch { throw SessionFailure(error) }
    }

    /// Waits until the backup has made the replica's shell.
    func awaitReady() throws(SessionFailure) {
        session.publish { $0.progress = ProgressUpdate(stage: .connecting) }
        let deadline = Clock.monotonic + settings.readyTimeout.nanoseconds
        while true {
            guard !session.isStopping else {
                throw SessionFailure(.cancelled, "protecting \(session.subject.name) was cancelled")
            }
            let slice = min(deadline, Clock.monotonic + 200_000_000)
            guard let event = session.mailbox.next(before: slice) else {
                if Clock.monotonic < deadline { continue }
                throw SessionFailure(.peerUnreachable, "the backup did not make a replica in time; look at its journal")
            }
            switch event {
            case .received(.ready, _, _, _): return
            case .received(.refuse(let refusal), _, _, _): throw SessionFailure(refusal)
            case .received(.lost(let lost), _, _, _): throw SessionFailure(.peerRefused, lost.text)
            case .connectionEnded(let text): throw SessionFailure(.connectionLost, text)
            default: try handle(event)
            }
            if let guestEnd { throw SessionFailure(guestEnd.reason, "the guest \(guestEnd)") }
            if case .standingDown(let reason) = machine.state { throw SessionFailure(reason, reason.meaning) }
        }
    }

    /// Handles what is there, without waiting.
    func handleEvents() throws(SessionFailure) {
        while let event = session.mailbox.next(before: 0) { try handle(event) }
    }

    /// Gives one event to the machine and does what it decides.
    func handle(_ event: PrimarySession.Event) throws(SessionFailure) {
        switch event {
        case .received(let message, let generation, let epoch, _):
            guard generation >= machine.generation else { return }
            try handle(message, generation, epoch)
        case .connectionEnded(let text):
            session.publish { if $0.failure == nil { $0.failure = SessionFailure(.connectionLost, text) } }
            try decide(.connectionLost(.connectionLost))
        case .report(let report):
            try decide(.report(report))
            // At the heartbeat's pace, so that `status` also shows what waits while nothing is acknowledged.
            let output = gate?.status
            session.publish { $0.output = output }
        case .reportsLost: try decide(.reportsLost)
        case .stop(let reason): try decide(.stopRequested(reason))
        case .switchover(let reason):
            // Where none can begin, one is under way already, or the state says what became of the protection.
            handoverFailure = nil
            session.publish { $0.move = .underWay }
            try decide(.switchoverRequested(reason))
        case .ordered: try decide(.ordered)
        case .witnessAnswered(let number, let answer): try decide(.witnessAnswered(number, answer))
        case .fenced(let number, let isFenced): try decide(.fenced(number, isFenced))
        case .guestEnded(let end): try endGuest(end)
        case .outputWaits: noteOutput()
        case .settingsChanged:
            followSettings()
            publishPacing()
        case .retire: isRetired = true
        }
    }

    /// The guest has ended: its protection ends, and what its configuration wants is done when nobody else can own it.
    private func endGuest(_ end: GuestEnd) throws(SessionFailure) {
        guestEnd = end
        try decide(.stopRequested(end.reason))
    }

    private func handle(_ message: Message, _ generation: Generation, _ epoch: Epoch) throws(SessionFailure) {
        switch message {
        case .acknowledge(let acknowledge):
            guard generation == machine.generation else { return }
            try decide(.acknowledged(epoch, sentAt: MonotonicTime(nanoseconds: acknowledge.sentAt)))
        case .diskBarrierPlaced:
            guard generation == machine.generation else { return }
            try decide(.diskBarrierPlaced(epoch))
        case .undoFilling:
            pacer.demand()
        case .activated:
            try decide(.peerActivated(generation))
        case .lost(let lost):
            let failure = SessionFailure(lost)
            session.publish { if $0.failure == nil { $0.failure = failure } }
            try decide(.replicaGone(failure.reason))
        case .refuse(let refusal):
            throw SessionFailure(refusal)
        default:
            throw SessionFailure(.connectionLost, "the backup sent a message that only a primary sends")
        }
    }

    /// Asks the machine and does what it says, in its order.
    ///
    /// - Throws: The first failure; the actions after it were done all the same, because each of them stands for itself.
    func decide(_ event: PrimaryMachine.Event) throws(SessionFailure) {
        var failure: SessionFailure?
        for action in machine.handle(event, at: MonotonicTime(nanoseconds: Clock.monotonic)) {
            do throws(SessionFailure) { try perform(action) } catch { failure = failure ?? error }
        }
        recordChange()
        followMove()
        if let failure { throw failure }
    }

    /// Tells the command that waits for a move when it was given up.
    private func followMove() {
        let state = machine.state
        let canSwitchOver = machine.canSwitchOver
        let reason = handoverFailure ?? .busy
        session.publish { $0.move = $0.move?.after(state, canSwitchOver: canSwitchOver, reason: reason) }
    }

    private func perform(_ action: PrimaryMachine.Action) throws(SessionFailure) {
        switch action {
        case .sendDiskBarrier(let epoch): try send(.diskBarrier, epoch: epoch)
        case .release: try release()
        case .open: try openOutput()
        case .captureFinalCheckpoint:
            wantsFinalCheckpoint = true
            pacer.demand()
        case .sendHandover: try send(.handover)
        case .sendStop: try sendStop()
        case .endConnection: connection?.shutdown()
        case .discardDomain: try discardDomain()
        case .persist(let role, let reason): try persist(role, reason)
        case .publish: publishState()
        case .ask(let request): environment.ask(request, session.mailbox)
        case .record(let reason): record(reason)
        }
    }

    private func persist(_ role: OwnershipRecord.Role, _ reason: ReasonCode) throws(SessionFailure) {
        var failure: SessionFailure?
        do throws(SessionFailure) { try environment.persist(role, machine.generation, reason) } catch {
            failure = error
            if role == .surrendered { handoverFailure = error.reason }
        }
        try decide(.persisted(role, failure == nil))
        guard let failure else { return }
        // A handover that could not be written down is off, and the protection goes on.
        guard role != .surrendered else { return record(failure) }
        throw failure
    }

    private func release() throws(SessionFailure) {
        if plantedFaults.contains(.releaseBeforeAcknowledgement) { return try gate?.open() ?? () }
        try gate?.releaseOne()
    }

    /// The peer owns the domain: its held output goes nowhere, then this copy itself (safety rule 2).
    private func discardDomain() throws(SessionFailure) {
        var failure: SessionFailure?
        do throws(SessionFailure) {
            if gate == nil { try attachClosed() }
            try gate.take()?.discard()
        } catch { failure = error }
        // A superseded copy is never left to itself (safety rule 2).
        var isTold = false
        while true {
            do throws(SessionFailure) {
                // A write that the mirror holds would keep the domain from going.
                let disks = try takeDisks()
                try disks?.failWrites()
                try environment.destroy()
                try disks?.follow()
                break
            } catch {
                if !isTold { record(error) }
                isTold = true
                Clock.sleep(milliseconds: 1_000)
            }
        }
        session.publish { $0.isDestroyed = true }
        if let failure { throw failure }
    }

    private func sendStop() throws(SessionFailure) {
        guard case .holding(let reason) = machine.state else {
            return try send(.stop(Ending(reason: ReasonCode.cancelled.rawValue, text: ReasonCode.cancelled.meaning)))
        }
        try send(.stop(Ending(reason: reason.rawValue, text: reason.meaning)))
    }

    /// Sends a message to the backup, under the machine's generation or the one that is proposed.
    func send(
        _ message: Message, generation: Generation? = nil, epoch: Epoch = .none
    ) throws(SessionFailure) {
        guard let connection else { return }
        try connected { () throws(TransportError) in
            try connection.send(
                message, generation: generation ?? machine.generation, epoch: epoch,
                timeout: settings.acknowledgeTimeout)
        }
    }

    /// How long bulk data may wait for the backup.
    ///
    /// The first copy waits longer than an epoch does: the replica's shell is being made meanwhile, and the guest's output
    /// flows.
    var bulkTimeout: Milliseconds { machine.state == .seeding ? settings.readyTimeout : settings.acknowledgeTimeout }

    /// Sends bulk data to the backup, from where it lies.
    ///
    /// - Returns: The checksum of the payload.
    @discardableResult
    func send(
        _ type: BulkType, _ bytes: UnsafeRawBufferPointer, epoch: Epoch = .none
    ) throws(SessionFailure) -> UInt32 {
        guard let connection else { throw SessionFailure(.connectionLost, "there is no connection to the backup") }
        return try connected { () throws(TransportError) in
            try connection.send(
                type, bytes, generation: machine.generation, epoch: epoch, timeout: bulkTimeout)
        }
    }

    /// Tells the backup the guest's addresses, to be announced after a failover, where they are new.
    func sendIfChanged(_ addresses: [GuestInterface]) throws(SessionFailure) {
        guard addresses != sentAddresses else { return }
        try send(.addresses(addresses))
        sentAddresses = addresses
    }

    /// Shows the machine's state to status, and to the peer with the next heartbeat.
    func publishState() {
        let state = machine.state
        let claim = machine.claim
        session.publish { published in
            if published.state != state {
                published.state = state
                published.since = Clock.wall
            }
            switch state {
            case .protecting where claim.epoch > .none, .holding, .surrendering, .surrendered, .standingDown:
                published.unprotectedSince = nil
            case .seeding, .protecting, .unprotected:
                if published.unprotectedSince == nil { published.unprotectedSince = Clock.wall }
            }
            published.claim = claim
        }
        environment.claimChanged()
    }

    /// Shows what an epoch cost.
    func publishEpoch(_ record: EpochRecord, peak: Int) {
        let limit = UInt64(settings.stagingBytes)
        let encoding = pages?.status
        let pacing = pacingStatus
        session.publish { published in
            published.pacing = pacing
            published.lastEpoch = record
            published.encoding = encoding
            published.statistics.add(record, releasedAt: Clock.monotonic)
            published.staging = StagingStatus(limitBytes: limit, peakBytes: UInt64(peak))
        }
    }
}
