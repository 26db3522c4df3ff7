// Receives checkpoints into bounded staging and verifies each as a whole before anyone else sees it.

internal import CheckpointStream
internal import ReplicaModel
internal import Synchronization
internal import SystemKit

/// A whole verified checkpoint in staging.
struct StagedCheckpoint: Sendable {
    let epoch: Epoch
    let generation: Generation
    let sentAt: UInt64
    let bytes: Int
    /// Which half of the staging it lies in, to be given back.
    let slot: Int
}

/// Two halves of staging: one is filled from the network while the other is handed to the restore helper.
///
/// A half belongs to the receiver until ``StagedCheckpoint`` is posted, and to the session until it is given back.
final class CheckpointStaging: Sendable {
    private let first: AnonymousMemory
    private let second: AnonymousMemory
    private let free = Mailbox<Int>(capacity: 2)
    private let peak = Atomic<Int>(0)
    /// The bound of one checkpoint, in bytes.
    let limit: Int

    init(limit: Int) throws(SystemError) {
        self.limit = limit
        first = try AnonymousMemory(reserving: limit)
        second = try AnonymousMemory(reserving: limit)
        free.post(0)
        free.post(1)
    }

    /// Waits for a free half until a moment of the monotonic clock.
    func take(before deadline: UInt64) -> Int? { free.next(before: deadline) }

    func giveBack(_ slot: Int) { free.post(slot) }

    func bytes(of slot: Int) -> UnsafeMutableRawBufferPointer { slot == 0 ? first.bytes : second.bytes }

    /// Notes how much was staged at once.
    func note(_ bytes: Int) { _ = peak.max(bytes, ordering: .relaxed) }

    /// The most bytes that one checkpoint had.
    var peakBytes: Int { peak.load(ordering: .relaxed) }
}

/// The receiving thread of one replica, from the first checkpoint on.
struct CheckpointStager: Sendable {
    let connection: FrameConnection
    let staging: CheckpointStaging
    let frameLimit: UInt64
    /// What pages are decoded with; `nil` where they come as they are.
    let intake: PageIntake?
    let mailbox: Mailbox<ReplicaSession.Event>

    /// How long the restore helper may keep both halves busy before the replica counts as stuck.
    private static let applyBound: UInt64 = 60_000_000_000

    /// Receives until the connection ends or brings something invalid.
    ///
    /// - Parameter first: The announcement of the first checkpoint, which ended the image.
    func run(first: (CheckpointBegin, FrameHeader)) {
        do throws(TransportError) {
            try receive(first)
        } catch {
            switch error {
            // The connection is whole; what came over it is not a checkpoint, outside of one or beyond its announced size.
            case .unexpectedBulk: report(.checkpointCorrupt, error.description)
            default: mailbox.post(.connectionEnded(error.description))
            }
        }
    }

    /// Receives until something was reported.
    private func receive(_ first: (CheckpointBegin, FrameHeader)) throws(TransportError) {
        var announced: (CheckpointBegin, FrameHeader)? = first
        while true {
            if let (begin, header) = announced.take() {
                guard try stage(begin, header) else { return }
                continue
            }
            // No room for bulk is given, so that any that comes here is an error of the connection's own.
            let frame = try connection.receive()
            guard case .message(let message) = frame.content else { continue }
            if case .checkpointBegin(let begin) = message {
                mailbox.post(.arriving(frame.header.epoch, generation: frame.header.generation))
                announced = (begin, frame.header)
            } else {
                mailbox.post(
                    .received(message, generation: frame.header.generation, epoch: frame.header.epoch))
            }
        }
    }

    /// Stages one checkpoint.
    ///
    /// - Returns: `false` when it was not what it should be; that is then reported.
    private func stage(_ begin: CheckpointBegin, _ header: FrameHeader) throws(TransportError) -> Bool {
        // Safety rule 6: the size is checked before a byte is taken.
        guard begin.totalBytes <= UInt64(staging.limit) else {
            report(
                .stagingLimit,
                "epoch \(header.epoch) has \(begin.totalBytes) bytes, more than this host's "
                    + "memory.staging_limit_mib allows")
            return false
        }
        guard let slot = staging.take(before: Clock.monotonic + Self.applyBound) else {
            report(.restoreFailed, "the restore helper does not take the checkpoints")
            return false
        }
        let room = UnsafeMutableRawBufferPointer(rebasing: staging.bytes(of: slot)[..<Int(begin.totalBytes)])
        var content = Content(
            verifier: RecordVerifier(frameLimit: frameLimit, byteLimit: begin.totalBytes),
            assembly: PageRecordAssembly(intake, announced: begin.pageCount))
        while true {
            let free = UnsafeMutableRawBufferPointer(rebasing: room[content.bytes...])
            let frame = try connection.receive(bulk: free, pages: intake?.room)
            mailbox.post(.heard)
            guard frame.header.epoch == header.epoch, frame.header.generation == header.generation else {
                report(.checkpointCorrupt, "a frame of epoch \(frame.header.epoch) came inside epoch \(header.epoch)")
                return false
            }
            switch frame.content {
            case .bulk(let type) where type != .image:
                do throws(SessionFailure) { try content.take(type, frame.header, free, intake) } catch {
                    mailbox.post(.broken(error))
                    return false
                }
            case .message(.checkpointEnd(let end)):
                return finish(begin, end, header, content, slot)
            default:
                report(.checkpointCorrupt, "another message came inside the checkpoint of epoch \(header.epoch)")
                return false
            }
        }
    }

    private func finish(
        _ begin: CheckpointBegin, _ end: CheckpointEnd, _ header: FrameHeader, _ content: Content, _ slot: Int
    ) -> Bool {
        let bytes = content.bytes
        guard bytes == Int(begin.totalBytes), content.checksum.value == end.checksum else {
            report(.checkpointCorrupt, "the checkpoint of epoch \(header.epoch) is not what was announced")
            return false
        }
        do throws(StreamError) { _ = try content.verifier.finish(pages: begin.pageCount) } catch {
            report(.checkpointCorrupt, error.description)
            return false
        }
        staging.note(bytes)
        mailbox.post(
            .staged(
                StagedCheckpoint(
                    epoch: header.epoch, generation: header.generation, sentAt: end.sentAt, bytes: bytes, slot: slot)))
        return true
    }

    private func report(_ reason: ReasonCode, _ text: String) { mailbox.post(.broken(SessionFailure(reason, text))) }
}

/// What of one checkpoint has come in so far.
private struct Content {
    var verifier: RecordVerifier
    var assembly: PageRecordAssembly
    var checksum = PieceChecksum()
    /// Bytes of records in staging, all of them verified.
    var bytes = 0

    /// Takes one frame's payload.
    ///
    /// - Parameters:
    ///   - type: What it is.
    ///   - header: Its frame's header.
    ///   - free: The staging from ``bytes`` on, where a piece of records lies already.
    ///   - intake: Where encoded pages lie.
    /// - Throws: ``SessionFailure`` with ``ReasonCode/checkpointCorrupt``.
    mutating func take(
        _ type: BulkType, _ header: FrameHeader, _ free: UnsafeMutableRawBufferPointer, _ intake: PageIntake?
    ) throws(SessionFailure) {
        checksum.add(header.payloadChecksum)
        let size: Int
        do throws(PagesFault) {
            if type == .pages {
                guard let intake else { throw PagesFault.notAgreed }
                guard let whole = try assembly.add(intake.received(header), to: free) else { return }
                size = whole
            } else {
                try assembly.finishPages()
                size = header.payloadLength
            }
        } catch { throw SessionFailure(.checkpointCorrupt, error.description) }
        let records = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(free)[..<size])
        do throws(StreamError) { try verifier.feed(records) } catch {
            throw SessionFailure(.checkpointCorrupt, error.description)
        }
        bytes += size
    }
}
