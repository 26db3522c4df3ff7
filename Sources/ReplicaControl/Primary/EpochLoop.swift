// One epoch, from top to bottom: suspend, barrier, capture, resume, send, acknowledge, release.

internal import CheckpointStream
internal import OutputBuffer
internal import ReplicaModel
internal import ReplicaProtocol
internal import SystemKit
internal import XenToolstack

extension PrimaryWorker {
    /// Runs epochs until the machine wants no more of them.
    ///
    /// - Parameters:
    ///   - capture: The guest.
    ///   - seed: What the protection began with.
    /// - Throws: ``SessionFailure``; the guest runs on.
    func runEpochs(_ capture: inout GuestCapture, _ seed: Seed) throws(SessionFailure) {
        try awaitArming()
        // Before the first checkpoint can be taken over from (safety rule 2).
        try disks?.hold()
        var conditions = try EpochConditions(environment, seed, of: session.subject.id)
        try beginPacing()
        var epoch = Epoch.none.next
        while machine.mayRunEpochs {
            followSettings()
            try awaitNextEpoch(capture, &conditions)
            guard machine.mayRunEpochs else { return }
            let isFinal = wantsFinalCheckpoint
            try runEpoch(epoch, isFinal: isFinal, &capture, &conditions)
            if isFinal {
                guard machine.mayRunEpochs else { return }
                wantsFinalCheckpoint = false
            }
            if epoch == Epoch.none.next, machine.acknowledged == epoch, machine.state == .protecting {
                // From here on the operator's wish is fulfilled, and is kept over a failure.
                try environment.persist(.primary, machine.generation, .guestProtected)
            }
            try sendIfChanged(seed.addresses())
            epoch = epoch.next
        }
    }

    /// Waits until a replica may take over: nothing is armed before the witness knows of it (safety rule 2).
    private func awaitArming() throws(SessionFailure) {
        let deadline = Clock.monotonic + settings.readyTimeout.nanoseconds
        while !machine.mayArm && machine.mayRunEpochs {
            guard Clock.monotonic < deadline else {
                throw SessionFailure(
                    .witnessUnreachable, "the witness did not take the protection on record; see `replicactl status`")
            }
            if let event = session.mailbox.next(before: Clock.monotonic + 200_000_000) {
                try handle(event)
            } else {
                try decide(.tick)
            }
        }
    }

    /// Runs one epoch.
    ///
    /// - Parameters:
    ///   - epoch: Its number.
    ///   - isFinal: Whether the guest stays suspended after it, because the domain is handed over.
    ///   - capture: The guest.
    ///   - conditions: What the checkpoint needs to be worth anything.
    /// - Throws: ``SessionFailure``; the guest runs on, except after a final checkpoint that may have been handed over
    ///   (safety rules 2 and 5).
    private func runEpoch(
        _ epoch: Epoch, isFinal: Bool, _ capture: inout GuestCapture, _ conditions: inout EpochConditions
    ) throws(SessionFailure) {
        // Looked at again below in every other epoch; what a final checkpoint lacks must not be handed over.
        if isFinal { try conditions.check(settings) }
        var watch = PhaseWatch()

        // 1 Suspend. From here until the resume nothing waits for the network.
        try capture.suspend(timeout: settings.suspendTimeout)
        watch.mark(\.suspendMicroseconds)

        let staged: GuestCapture.Staged
        do throws(SessionFailure) {
            coverOutput()
            // 2 Barrier: what the guest sends after the resume belongs to the next epoch (safety rule 1).
            try gate?.barrier()
            try decide(.barrier(epoch, wroteDisks: try disks?.wroteSinceBarrier() ?? false))
            // 3 Capture: one copy of each dirty page, and the vCPUs (safety rule 3: all in this one suspension).
            staged = try capture.stageCheckpoint()
            watch.mark(\.captureMicroseconds)
            try awaitDiskBarrier()
            watch.mark(\.diskBarrierMicroseconds)
            // 4 Resume.
            if !isFinal { watch.mark(\.resumeMicroseconds, at: try capture.resume()) }
        } catch {
            _ = try? capture.resume()
            try? capture.finishResume()
            throw error
        }
        arrivals?.openRound()

        // 5 Encode, on other threads, and 6 send what is ready.
        let sent: SentRecords
        do throws(SessionFailure) {
            sent = try sendCheckpoint(staged, epoch: epoch, isFinal: isFinal)
            watch.mark(\.sendMicroseconds)
            // 7, 8 The backup stages, verifies, commits and acknowledges. Meanwhile: what waits for xenstored.
            if !isFinal {
                try capture.finishResume()
                // A device that came before this checkpoint is found before the checkpoint's output goes.
                try conditions.check(settings)
            }
            // 9 Release follows from the machine.
            try awaitRelease(of: epoch, isFinal: isFinal, &watch)
        } catch {
            if !isFinal { try? capture.finishResume() }
            try resumeUnlessHandedOver(isFinal, capture)
            throw error
        }
        try resumeUnlessHandedOver(isFinal, capture)
        // What was not released says nothing of the next epochs, and there may be none.
        guard machine.released >= epoch else { return }
        var record = watch.record(epoch: epoch.rawValue, staged, sent)
        let step = pace(&record)
        publishEpoch(record, peak: capture.peakBytes)
        try follow(step)
    }

    /// Waits until the backup's disk barrier stands: a later write must not come before it (safety rule 3).
    private func awaitDiskBarrier() throws(SessionFailure) {
        if !machine.mayResume { PlantedCrash.primaryBarrier.strike() }
        let bound = settings.diskBarrierTimeout
        let deadline = Clock.monotonic + bound.nanoseconds
        while !machine.mayResume {
            guard let event = session.mailbox.next(before: deadline) else {
                throw SessionFailure(
                    .diskBarrierTimeout,
                    "the backup did not begin an undo log within \(bound.rawValue) ms; "
                        + "look at the backup and at the replication network")
            }
            try handle(event)
        }
        guard machine.mayRunEpochs else {
            throw SessionFailure(.connectionLost, "the protection ended while the disks' barrier was placed")
        }
    }

    /// After a final checkpoint the guest stays suspended only if it was really handed over (safety rules 2 and 5).
    private func resumeUnlessHandedOver(
        _ isFinal: Bool, _ capture: borrowing GuestCapture
    ) throws(SessionFailure) {
        guard isFinal, machine.mayRunGuest else { return }
        try capture.resume()
        try capture.finishResume()
    }

    private func sendCheckpoint(
        _ staged: GuestCapture.Staged, epoch: Epoch, isFinal: Bool
    ) throws(SessionFailure) -> SentRecords {
        pages?.beginEpoch()
        try send(
            .checkpointBegin(
                CheckpointBegin(
                    totalBytes: UInt64(staged.records.count), pageCount: UInt64(staged.pages),
                    isInitial: epoch == Epoch.none.next, isFinal: isFinal)), epoch: epoch)
        let sent = try sendRecords(staged.records, as: .checkpointData, epoch: epoch)
        // The lease counts from a time read before the last byte leaves.
        try send(.checkpointEnd(CheckpointEnd(checksum: sent.checksum.value, sentAt: Clock.monotonic)), epoch: epoch)
        return sent
    }

    /// Handles events until the epoch's output is released, or the machine has decided otherwise.
    private func awaitRelease(
        of epoch: Epoch, isFinal: Bool, _ watch: inout PhaseWatch
    ) throws(SessionFailure) {
        let bound = settings.acknowledgeTimeout
        let deadline = Clock.monotonic + bound.nanoseconds
        // Before an acknowledgement that waits already: the lease may have been renewed since that was sent.
        while let report = session.mailbox.next(where: \.isReport) { try handle(report) }
        while machine.mayRunEpochs && machine.released < epoch {
            guard let event = session.mailbox.next(before: deadline) else {
                throw SessionFailure(
                    machine.acknowledged < epoch ? .acknowledgeTimeout : .leaseExpired,
                    "epoch \(epoch) was not acknowledged under a valid lease within \(bound.rawValue) ms; "
                        + "look at the backup and at the replication network")
            }
            // It may have come while xenstore was asked.
            if case .received(.acknowledge, _, _, let arrival) = event {
                watch.mark(\.acknowledgeMicroseconds, at: arrival)
            }
            try handle(event)
        }
        watch.mark(\.releaseMicroseconds)
    }
}

/// Measures the phases of one epoch, each from the end of the one before.
struct PhaseWatch {
    private var phases = EpochRecord(epoch: 0)
    private var last = Clock.monotonic

    /// Ends a phase, now or at a moment that was noted.
    mutating func mark(_ phase: WritableKeyPath<EpochRecord, UInt64>, at moment: UInt64 = Clock.monotonic) {
        phases[keyPath: phase] = (max(moment, last) - last) / 1_000
        last = max(moment, last)
    }

    /// The finished record; the guest stands still from the moment it has suspended until it is resumed.
    func record(
        epoch: UInt64, _ staged: GuestCapture.Staged, _ sent: SentRecords
    ) -> EpochRecord {
        var record = phases
        record.epoch = epoch
        record.dirtyPages = UInt64(staged.pages)
        record.rawBytes = UInt64(staged.records.count)
        record.bytes = UInt64(sent.bytes)
        record.encodeMicroseconds = sent.encodingNanoseconds / 1_000
        record.suspendedMicroseconds =
            record.captureMicroseconds + record.diskBarrierMicroseconds + record.resumeMicroseconds
        return record
    }
}
