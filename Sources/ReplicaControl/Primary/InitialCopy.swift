// The first whole copy: rounds over the running guest, with its output flowing.

internal import CheckpointStream
internal import ReplicaModel
internal import ReplicaProtocol
internal import SystemKit
internal import XenToolstack

extension PrimaryWorker {
    /// Copies the guest's memory while it runs, until little enough is dirty for the first checkpoint.
    ///
    /// - Parameters:
    ///   - capture: The guest.
    ///   - policy: The processor that the guest sees.
    /// - Throws: ``SessionFailure``, with ``ReasonCode/cancelled`` when the operator gave up; the guest runs on.
    func copyWhole(_ capture: inout GuestCapture, _ policy: CPUPolicy) throws(SessionFailure) {
        var meter = CopyMeter(session: session)
        _ = try sendImage(try capture.stagePrologue(policy: policy))
        pages?.beginEpoch()
        meter.begin(round: 1, pages: capture.populatedPages)
        while let staged = try capture.stageNextOfWholeCopy() {
            meter.add(staged, sent: try sendImage(staged))
        }
        // Each round copies what the guest wrote during the one before.
        for round in 2...max(2, settings.copyRounds) {
            let dirty = try capture.collectLive()
            pages?.beginEpoch()
            meter.begin(round: round, pages: dirty)
            var position = 0
            while position < dirty {
                let end = min(position + PageDataLayout.maximumCount, dirty)
                let staged = try capture.stageDirty(position..<end)
                meter.add(staged, sent: try sendImage(staged))
                position = end
            }
            if dirty <= settings.copyTarget { break }
        }
        session.publish { $0.progress = ProgressUpdate(stage: .committing) }
    }

    /// Sends records of the image.
    ///
    /// - Returns: The bytes that went over.
    private func sendImage(_ staged: GuestCapture.Staged) throws(SessionFailure) -> Int {
        if session.isStopping {
            throw SessionFailure(.cancelled, "the first copy of \(session.subject.name) was cancelled")
        }
        let sent = try sendRecords(staged.records, as: .image)
        try handleEvents()
        guard machine.state == .seeding else {
            throw SessionFailure(.initialCopyFailed, "the first copy of \(session.subject.name) was broken off")
        }
        return sent.bytes
    }
}

/// Counts what the first copy has sent and shows it.
private struct CopyMeter {
    let session: PrimarySession
    private let start = Clock.monotonic
    private var update = ProgressUpdate(stage: .copying)

    init(session: PrimarySession) { self.session = session }

    mutating func begin(round: Int, pages: Int) {
        update.round = round
        update.pagesSent = 0
        update.pagesTotal = UInt64(pages)
        show()
    }

    mutating func add(_ staged: GuestCapture.Staged, sent bytes: Int) {
        update.pagesSent += UInt64(staged.pages)
        update.bytes += UInt64(bytes)
        let microseconds = max(1, (Clock.monotonic - start) / 1_000)
        update.bytesPerSecond = update.bytes * 1_000_000 / microseconds
        show()
    }

    private func show() {
        let update = self.update
        session.publish { $0.progress = update }
    }
}
