import CheckpointStream
import PageEncoding
import PageSamples
import ReplicaModel
import SystemKit
import Testing

@testable import ReplicaControl

/// Encoded checkpoints on their way from a primary's staging to a backup's, over loopback.
@Suite struct EncodedCheckpointTests {
    private static let generation = Generation(rawValue: 5)

    private let primary: FrameConnection
    private let backup: FrameConnection
    private let staging: CheckpointStaging
    private let mailbox = Mailbox<ReplicaSession.Event>(capacity: 10_000)

    init() throws {
        let pair = try LoopbackPair()
        primary = FrameConnection(pair.primary)
        backup = FrameConnection(pair.backup)
        staging = try CheckpointStaging(limit: 16 << 20)
    }

    // MARK: The primary's side

    private func send(_ message: Message, _ epoch: UInt64) throws(TransportError) {
        try primary.send(
            message, generation: Self.generation, epoch: Epoch(rawValue: epoch), timeout: LoopbackPair.patience)
    }

    private func send(
        _ type: BulkType, _ bytes: UnsafeRawBufferPointer, _ epoch: UInt64
    ) throws(TransportError) -> UInt32 {
        try primary.send(
            type, bytes, generation: Self.generation, epoch: Epoch(rawValue: epoch), timeout: LoopbackPair.patience)
    }

    private func begin(bytes: Int, pages: Int, _ epoch: UInt64) throws(TransportError) {
        try send(
            .checkpointBegin(
                CheckpointBegin(
                    totalBytes: UInt64(bytes), pageCount: UInt64(pages), isInitial: epoch == 1, isFinal: false)), epoch)
    }

    private func end(_ checksum: PieceChecksum, _ epoch: UInt64) throws(TransportError) {
        try send(.checkpointEnd(CheckpointEnd(checksum: checksum.value, sentAt: epoch)), epoch)
    }

    /// Sends a checkpoint as a primary does.
    private func send(_ guest: EncodedGuest, _ records: [UInt8], pages: Int, epoch: UInt64) throws -> SentRecords {
        try begin(bytes: records.count, pages: pages, epoch)
        let sent = try guest.send(records) { (type, bytes) throws(SessionFailure) in
            try connected { () throws(TransportError) in try send(type, bytes, epoch) }
        }
        try end(sent.checksum, epoch)
        return sent
    }

    /// Sends payloads with checksums that are right; the backup may be gone before the last.
    private func offer(_ payloads: [EncodedGuest.Payload], bytes: Int, pages: Int, epoch: UInt64 = 1) {
        _ = TransportError.thrown { () throws(TransportError) in
            try begin(bytes: bytes, pages: pages, epoch)
            var checksum = PieceChecksum()
            for payload in payloads {
                checksum.add(
                    try payload.bytes.span.bytes.withUnsafeBytes { (raw) throws(TransportError) in
                        try send(payload.type, raw, epoch)
                    })
            }
            try end(checksum, epoch)
        }
    }

    // MARK: The backup's side

    private func intake(_ guest: EncodedGuest) throws -> PageIntake {
        try PageIntake(guest.terms, highestFrame: SampleStream.frameLimit - 1)
    }

    /// Receives, from the announcement on that ends the image.
    private func start(_ intake: PageIntake?) throws -> Background<Void> {
        try Background { [backup, staging, mailbox] in
            guard let frame = try? backup.receive(timeout: LoopbackPair.patience),
                case .message(.checkpointBegin(let begin)) = frame.content
            else { return }
            CheckpointStager(
                connection: backup, staging: staging, frameLimit: SampleStream.frameLimit, intake: intake,
                mailbox: mailbox
            ).run(first: (begin, frame.header))
        }
    }

    private func content(_ checkpoint: StagedCheckpoint) -> [UInt8] {
        Array(UnsafeRawBufferPointer(staging.bytes(of: checkpoint.slot))[..<checkpoint.bytes])
    }

    /// Lets the backup take what was offered, and tells why it broke off.
    private func refusal(_ stager: Background<Void>) -> String? {
        primary.finishSending()
        _ = stager.wait()
        var refusal: String?
        while let event = mailbox.nextEvent(within: 0) {
            switch event {
            case .broken(let failure): refusal = "\(failure.reason.rawValue): \(failure.text)"
            case .staged(let checkpoint): Issue.record("epoch \(checkpoint.epoch) was staged")
            case .connectionEnded: break
            default: Issue.record("the stager posted \(event)")
            }
        }
        return refusal
    }

    // MARK: Good checkpoints

    /// Safety rule 3: what is staged is what was captured, byte by byte, whatever way each page took.
    @Test(arguments: [(1, .none), (2, .none), (5, .none), (2, .zstd)] as [(UInt16, EncodingTerms.Packing)])
    func stagesTheBytesThatWereCaptured(shards: UInt16, packing: EncodingTerms.Packing) throws {
        let guest = try EncodedGuest(shards: shards, packing: packing)
        let intake = try intake(guest)
        let stager = try start(intake)
        let changes: [PageChange] = [
            .zero, .noise, .text, .sparse(words: 5), .words(3), .words(200), .counters(20), .nothing,
        ]
        var raw = 0
        var sent = 0
        for epoch in 1...5 as ClosedRange<UInt64> {
            let count = epoch == 2 ? 1_300 : 90
            let frames = Set((0..<count).map { _ in UInt64(guest.generator.below(4_000)) }).sorted()
            for frame in frames { guest.change([frame], changes[guest.generator.below(changes.count)]) }
            let records = try guest.checkpoint(frames)
            sent += try send(guest, records, pages: frames.count, epoch: epoch).bytes
            raw += records.count
            let staged = try mailbox.nextStaged()
            let isSame = content(staged) == records
            #expect(isSame, "epoch \(epoch)")
            staging.giveBack(staged.slot)
        }
        primary.finishSending()
        _ = stager.wait()
        #expect(sent < raw * 2 / 3)
        let status = guest.pipeline.status
        #expect(intake.status == status)
        for scheme in ["zero", "same", "delta", "lz4", "raw"] {
            #expect(status.schemes.contains { $0.scheme == scheme && $0.pages > 0 }, "\(scheme) was played")
        }
    }

    @Test func aCheckpointWithoutPagesIsOne() throws {
        let guest = try EncodedGuest(shards: 2)
        let stager = try start(try intake(guest))
        let records = try guest.checkpoint([])
        _ = try send(guest, records, pages: 0, epoch: 1)
        #expect(content(try mailbox.nextStaged()) == records)
        #expect(refusal(stager) == nil)
    }

    // MARK: Bad checkpoints

    /// A record of three pages in batches of one shard each, and the state behind it.
    private func three() throws -> (guest: EncodedGuest, payloads: [EncodedGuest.Payload], bytes: Int) {
        let guest = try EncodedGuest(shards: 3)
        guest.change([3, 4, 5], .noise)
        let records = try guest.checkpoint([3, 4, 5])
        let payloads = try guest.payloads(records)
        try #require(payloads.map(\.type) == [.pages, .pages, .pages, .checkpointData])
        return (guest, payloads, records.count)
    }

    /// Safety rule 6: neither pages nor bytes beyond what was announced are decoded.
    @Test func morePagesThanAnnouncedAreNotDecoded() throws {
        let (guest, payloads, bytes) = try three()
        let intake = try intake(guest)
        let stager = try start(intake)
        offer(payloads, bytes: bytes, pages: 2)
        #expect(
            refusal(stager)
                == "checkpoint-corrupt: a record of 3 pages came where 2 pages were still announced")
        #expect(intake.status.rawBytes == 0)
    }

    @Test func aRecordLargerThanTheRoomIsNotDecoded() throws {
        let (guest, payloads, _) = try three()
        let intake = try intake(guest)
        let stager = try start(intake)
        let size = PageDataLayout(count: 3).size
        offer(payloads, bytes: size - 1, pages: 3)
        #expect(
            refusal(stager)
                == "checkpoint-corrupt: a record of \(size) bytes came where \(size - 1) bytes were still announced")
        #expect(intake.status.rawBytes == 0)
    }

    @Test func aSecondRecordMayNotHaveMorePagesThanAreLeft() throws {
        let guest = try EncodedGuest()
        let payloads = try guest.payloads(try guest.pages([1, 2])) + guest.payloads(try guest.pages([3, 4]))
        let stager = try start(try intake(guest))
        offer(payloads, bytes: 1 << 20, pages: 3)
        #expect(
            refusal(stager) == "checkpoint-corrupt: a record of 2 pages came where 1 pages were still announced")
    }

    @Test func exchangedBatchesAreNotTaken() throws {
        var (guest, payloads, bytes) = try three()
        payloads.swapAt(1, 2)
        let stager = try start(try intake(guest))
        offer(payloads, bytes: bytes, pages: 3)
        #expect(
            refusal(stager)
                == "checkpoint-corrupt: 1 pages from place 2 of a record of 3 came where others were expected")
    }

    @Test func aBatchThatComesTwiceIsNotTaken() throws {
        let (guest, payloads, bytes) = try three()
        // In the place of the second, with the header that the second had.
        let again = EncodedGuest.Payload(
            type: .pages, bytes: Array(payloads[1].bytes[..<PagesHeader.size] + payloads[0].bytes[PagesHeader.size...]))
        let stager = try start(try intake(guest))
        offer([payloads[0], again, payloads[2], payloads[3]], bytes: bytes, pages: 3)
        #expect(
            refusal(stager)?.hasSuffix("is not valid: it has number 1 where 2 was expected") == true)
    }

    @Test func aRecordThatIsNotCompleteIsNotTaken() throws {
        let (guest, payloads, bytes) = try three()
        let stager = try start(try intake(guest))
        offer([payloads[0], payloads[1], payloads[3]], bytes: bytes, pages: 3)
        #expect(refusal(stager) == "checkpoint-corrupt: a record of 3 pages ended after 2")
    }

    @Test func anEndInsideARecordIsNotTaken() throws {
        let (guest, payloads, bytes) = try three()
        let stager = try start(try intake(guest))
        offer([payloads[0]], bytes: bytes, pages: 3)
        #expect(refusal(stager) == "checkpoint-corrupt: the checkpoint of epoch 1 is not what was announced")
    }

    @Test func pagesAfterTheStateAreNotTaken() throws {
        let (guest, payloads, bytes) = try three()
        let stager = try start(try intake(guest))
        offer([payloads[3]] + payloads[..<3], bytes: bytes, pages: 3)
        #expect(refusal(stager) == "checkpoint-corrupt: encoded pages came after the state that follows them")
    }

    @Test func aFrameBeyondTheGuestsMemoryIsNotTaken() throws {
        let guest = try EncodedGuest(highestFrame: SampleStream.frameLimit)
        let records = try guest.checkpoint([SampleStream.frameLimit])
        let stager = try start(try intake(guest))
        offer(try guest.payloads(records), bytes: records.count, pages: 1)
        #expect(
            refusal(stager)
                == "checkpoint-corrupt: page 0 of a batch cannot be decoded: its frame number is out of range")
    }

    /// The checksums of the frames are right, as they are where a page cache has lost a bit.
    @Test func pagesThatAreNotThoseThatWereEncodedAreNotStaged() throws {
        let guest = try EncodedGuest()
        guest.change([7], .noise)
        let records = try guest.checkpoint([7])
        var payloads = try guest.payloads(records)
        payloads[0].bytes[payloads[0].bytes.count - 1] ^= 1
        let stager = try start(try intake(guest))
        offer(payloads, bytes: records.count, pages: 1)
        #expect(
            refusal(stager)
                == "checkpoint-corrupt: the pages of batch 1 are not those that were sent: the page caches of the two "
                + "hosts differ")
    }

    @Test func packedBatchesAreNotTakenWhereThatWasNotAgreedOn() throws {
        let guest = try EncodedGuest(packs: false, packing: .zstd)
        guest.change([1, 2], .text)
        let records = try guest.checkpoint([1, 2])
        let payloads = try guest.payloads(records)
        var terms = guest.terms
        terms.packing = .none
        let stager = try start(try PageIntake(terms, highestFrame: SampleStream.frameLimit - 1))
        offer(payloads, bytes: records.count, pages: 2)
        #expect(refusal(stager) == "checkpoint-corrupt: encoded or packed pages came where that was not agreed on")
    }

    @Test(arguments: [-1, 1]) func aPackedBatchBecomesWhatItSays(difference: Int) throws {
        let guest = try EncodedGuest(packs: false, packing: .zstd)
        guest.change([1, 2], .text)
        let records = try guest.checkpoint([1, 2])
        var payloads = try guest.payloads(records)
        var header = try payloads[0].bytes.withUnsafeBytes { try PagesHeader(reading: $0) }
        try #require(header.unpackedBytes > payloads[0].bytes.count)
        header.unpackedBytes += difference
        payloads[0].bytes.withUnsafeMutableBytes { raw in if let start = raw.baseAddress { header.write(to: start) } }
        let stager = try start(try intake(guest))
        offer(payloads, bytes: records.count, pages: 2)
        #expect(
            refusal(stager) == "checkpoint-corrupt: a packed batch of pages cannot be unpacked to what it says")
    }

    @Test func encodedPagesAreNotTakenWhereNoneWereAgreedOn() throws {
        let (_, payloads, bytes) = try three()
        let stager = try start(nil)
        offer(payloads, bytes: bytes, pages: 3)
        #expect(
            refusal(stager)
                == "checkpoint-corrupt: \(payloads[0].bytes.count) bytes of bulk data came where 0 were expected")
    }

    /// Safety rule 4: what is wrong with an epoch spoils nothing of the epoch before.
    @Test func theCheckpointBeforeStaysAsItWas() throws {
        let guest = try EncodedGuest()
        guest.change([1, 2], .noise)
        let records = try guest.checkpoint([1, 2])
        let stager = try start(try intake(guest))
        _ = try send(guest, records, pages: 2, epoch: 1)
        let first = try mailbox.nextStaged()
        guest.change([1, 2], .words(2))
        var payloads = try guest.payloads(try guest.checkpoint([1, 2]))
        payloads[0].bytes[payloads[0].bytes.count - 1] ^= 1
        offer(payloads, bytes: records.count, pages: 2, epoch: 2)
        #expect(refusal(stager)?.hasPrefix("checkpoint-corrupt: ") == true)
        let isSame = content(first) == records
        #expect(isSame)
    }
}
