import CheckpointStream
import ReplicaModel
import SystemKit
import Testing

@testable import ReplicaControl

/// The backup's receiving thread: what it posts of a good stream, and that it posts nothing of a bad one.
@Suite struct CheckpointStagerTests {
    private static let generation = Generation(rawValue: 5)
    private static let limit = 64 * 1024

    private let primary: FrameConnection
    private let backup: FrameConnection
    private let staging: CheckpointStaging
    private let mailbox = Mailbox<ReplicaSession.Event>(capacity: 1_000)

    init() throws {
        let pair = try LoopbackPair()
        primary = FrameConnection(pair.primary)
        backup = FrameConnection(pair.backup)
        staging = try CheckpointStaging(limit: Self.limit)
    }

    // MARK: The primary's side

    private func send(
        _ message: Message, epoch: UInt64 = 1, generation: Generation = generation
    ) throws(TransportError) {
        try primary.send(
            message, generation: generation, epoch: Epoch(rawValue: epoch), timeout: LoopbackPair.patience)
    }

    private func begin(_ bytes: [UInt8], pages: UInt64 = 2, epoch: UInt64 = 1) throws(TransportError) {
        try send(
            .checkpointBegin(
                CheckpointBegin(
                    totalBytes: UInt64(bytes.count), pageCount: pages, isInitial: epoch == 1, isFinal: false)),
            epoch: epoch)
    }

    private func data(
        _ bytes: some Collection<UInt8>, epoch: UInt64 = 1, generation: Generation = generation, pieces: Int = 1_000
    ) throws(TransportError) {
        try primary.sendBulk(
            .checkpointData, bytes, generation: generation, epoch: Epoch(rawValue: epoch), pieces: pieces)
    }

    private func end(
        _ bytes: [UInt8], epoch: UInt64 = 1, pieces: Int = 1_000
    ) throws(TransportError) {
        try end(checksum: Self.checksum(of: bytes, pieces: pieces), epoch: epoch)
    }

    private func end(checksum: UInt32, epoch: UInt64 = 1) throws(TransportError) {
        try send(.checkpointEnd(CheckpointEnd(checksum: checksum, sentAt: 1_000 + epoch)), epoch: epoch)
    }

    /// What a checkpoint that is sent in such pieces ends with.
    private static func checksum(of bytes: [UInt8], pieces: Int) -> UInt32 {
        var checksum = PieceChecksum()
        for start in stride(from: 0, to: bytes.count, by: pieces) {
            checksum.add(Array(bytes[start..<min(start + pieces, bytes.count)]).withUnsafeBytes { Checksum.of($0) })
        }
        return checksum.value
    }

    private func whole(_ bytes: [UInt8], pages: UInt64 = 2, epoch: UInt64 = 1) throws(TransportError) {
        try begin(bytes, pages: pages, epoch: epoch)
        try data(bytes, epoch: epoch)
        try end(bytes, epoch: epoch)
    }

    // MARK: The backup's side

    /// Takes the announcement that ended the image and receives from there on.
    private func start() throws -> Background<Void> {
        let frame = try backup.receive(timeout: LoopbackPair.patience)
        guard case .message(.checkpointBegin(let begin)) = frame.content else {
            throw TransportError.closed
        }
        let stager = CheckpointStager(
            connection: backup, staging: staging, frameLimit: SampleStream.frameLimit, intake: nil,
            mailbox: mailbox)
        let header = frame.header
        return try Background { stager.run(first: (begin, header)) }
    }

    /// Lets the primary end its sending, and tells what else was posted.
    private func rest(_ stager: Background<Void>) -> [String] {
        primary.finishSending()
        _ = stager.wait()
        return waiting()
    }

    /// What was posted and not taken yet, without signs of life.
    private func waiting() -> [String] {
        var texts: [String] = []
        while let event = mailbox.next(before: 0) {
            switch event {
            case .heard, .arriving: continue
            case .staged(let checkpoint): texts.append("staged \(checkpoint.epoch)")
            case .received(let message, _, _): texts.append("received \(message.type)")
            case .broken(let failure): texts.append("broken \(failure.reason.rawValue): \(failure.text)")
            case .connectionEnded(let text): texts.append("ended: \(text)")
            case .report, .reportsLost, .ordered, .witnessAnswered, .fenced:
                texts.append("not of the connection: \(event)")
            }
        }
        return texts
    }

    private func content(_ checkpoint: StagedCheckpoint) -> [UInt8] {
        Array(UnsafeRawBufferPointer(staging.bytes(of: checkpoint.slot))[..<checkpoint.bytes])
    }

    private static let closed = "ended: the peer closed the connection"

    // MARK: Good checkpoints

    @Test(arguments: [1, 7, 4_096, FrameHeader.maximumBulk])
    func postsAGoodCheckpointOnceWithItsBytes(pieces: Int) throws {
        let bytes = try SampleStream.checkpoint()
        try begin(bytes)
        let stager = try start()
        try data(bytes, pieces: pieces)
        try end(bytes, pieces: pieces)
        let staged = try mailbox.nextStaged()
        #expect(staged.epoch == Epoch(rawValue: 1))
        #expect(staged.generation == Self.generation)
        #expect(staged.sentAt == 1_001)
        #expect(content(staged) == bytes)
        #expect(rest(stager) == [Self.closed])
        #expect(staging.peakBytes == bytes.count)
    }

    @Test func aCheckpointWithoutPagesIsOne() throws {
        let bytes = try SampleStream.checkpoint(frames: [])
        try whole(bytes, pages: 0)
        let stager = try start()
        #expect(content(try mailbox.nextStaged()) == bytes)
        #expect(rest(stager) == [Self.closed])
    }

    @Test func aCheckpointMayFillTheStagingToItsLastByte() throws {
        let bytes = try SampleStream.checkpoint(frames: [1])
        let small = try CheckpointStaging(limit: bytes.count)
        try whole(bytes, pages: 1)
        let frame = try backup.receive(timeout: LoopbackPair.patience)
        guard case .message(.checkpointBegin(let begin)) = frame.content else { throw TransportError.closed }
        let stager = CheckpointStager(
            connection: backup, staging: small, frameLimit: SampleStream.frameLimit, intake: nil,
            mailbox: mailbox)
        let header = frame.header
        let thread = try Background { stager.run(first: (begin, header)) }
        #expect(try mailbox.nextStaged().bytes == bytes.count)
        #expect(rest(thread) == [Self.closed])
    }

    @Test func passesOnWhatComesBetweenCheckpoints() throws {
        let bytes = try SampleStream.checkpoint()
        try whole(bytes)
        let stager = try start()
        try send(.addresses([]))
        try whole(bytes, epoch: 2)
        try send(.stop(Ending(reason: "operator-request", text: "")))
        #expect(rest(stager) == ["staged 1", "received addresses", "staged 2", "received stop", Self.closed])
    }

    /// Safety rule 6: two halves, and the third checkpoint takes the half that is given back, not one in use.
    @Test func theThirdCheckpointWaitsForAHalfThatIsGivenBack() throws {
        let contents = try (1...4).map { try SampleStream.checkpoint(filled: $0) }
        for (index, bytes) in contents.enumerated() { try whole(bytes, epoch: UInt64(index) + 1) }
        let stager = try start()
        let first = try mailbox.nextStaged()
        let second = try mailbox.nextStaged()
        #expect(Set([first.slot, second.slot]) == [0, 1])
        #expect(staging.take(before: 0) == nil)
        #expect(waiting() == [])
        #expect(content(first) == contents[0])
        #expect(content(second) == contents[1])

        staging.giveBack(second.slot)
        let third = try mailbox.nextStaged()
        #expect(third.epoch == Epoch(rawValue: 3))
        #expect(third.slot == second.slot)
        #expect(content(third) == contents[2])
        #expect(content(first) == contents[0])

        staging.giveBack(first.slot)
        let fourth = try mailbox.nextStaged()
        #expect(fourth.slot == first.slot)
        #expect(content(fourth) == contents[3])
        #expect(content(third) == contents[2])
        #expect(rest(stager) == [Self.closed])
    }

    // MARK: Bad checkpoints

    @Test func aCheckpointOverTheLimitIsRefusedBeforeAByteIsTaken() throws {
        let bytes = [UInt8](repeating: 0, count: Self.limit + 1)
        try begin(bytes)
        let stager = try start()
        try data(bytes)
        #expect(
            rest(stager) == [
                "broken staging-limit: epoch 1 has 65537 bytes, more than this host's memory.staging_limit_mib allows"
            ])
        #expect(backup.counters.framesReceived == 1)
        #expect(staging.peakBytes == 0)
        #expect(staging.take(before: 0) != nil)
        #expect(staging.take(before: 0) != nil)
    }

    @Test func anAbsurdSizeIsRefusedToo() throws {
        try send(
            .checkpointBegin(
                CheckpointBegin(totalBytes: .max, pageCount: .max, isInitial: true, isFinal: false)))
        let stager = try start()
        #expect(rest(stager).map { $0.prefix(20) } == ["broken staging-limit"])
    }

    @Test func aWrongChecksumIsNotStaged() throws {
        let bytes = try SampleStream.checkpoint()
        try begin(bytes)
        try data(bytes)
        try end(checksum: Self.checksum(of: bytes, pieces: 1_000) ^ 1)
        let stager = try start()
        #expect(
            rest(stager) == ["broken checkpoint-corrupt: the checkpoint of epoch 1 is not what was announced"])
    }

    /// Each piece is right by itself; only the sum over all of them shows that they were exchanged.
    @Test func exchangedPiecesAreNotStaged() throws {
        let bytes = try SampleStream.checkpoint(frames: [1, 2], filled: 7)
        var changed = bytes
        // Two pages' contents are the same bytes, so the records stay legal: mark one, exchange the halves.
        let start = PageDataLayout(count: 2).size - 2 * LibxcRecords.pageSize
        changed[start] = 8
        let exchanged =
            changed[..<start] + changed[(start + 4_096)..<(start + 8_192)] + changed[start..<(start + 4_096)]
            + changed[(start + 8_192)...]
        try begin(changed)
        try data(exchanged)
        try end(changed)
        let stager = try self.start()
        #expect(
            rest(stager) == ["broken checkpoint-corrupt: the checkpoint of epoch 1 is not what was announced"])
    }

    @Test func fewerBytesThanAnnouncedAreNotStaged() throws {
        let bytes = try SampleStream.checkpoint()
        try begin(bytes + [0, 0, 0, 0, 0, 0, 0, 0])
        try data(bytes)
        try end(bytes)
        let stager = try start()
        #expect(
            rest(stager) == ["broken checkpoint-corrupt: the checkpoint of epoch 1 is not what was announced"])
    }

    /// There is no room for them: the connection itself refuses the frame, and the primary hears that it was no checkpoint.
    @Test func moreBytesThanAnnouncedAreNotTaken() throws {
        let bytes = try SampleStream.checkpoint()
        try begin(Array(bytes.dropLast(8)))
        try data(bytes, pieces: FrameHeader.maximumBulk)
        let stager = try start()
        #expect(
            rest(stager) == [
                "broken checkpoint-corrupt: \(bytes.count) bytes of bulk data came where \(bytes.count - 8) were "
                    + "expected"
            ])
        #expect(staging.peakBytes == 0)
    }

    @Test func anotherNumberOfPagesThanAnnouncedIsNotStaged() throws {
        let bytes = try SampleStream.checkpoint()
        try whole(bytes, pages: 3)
        let stager = try start()
        #expect(rest(stager).map { $0.prefix(25) } == ["broken checkpoint-corrupt"])
    }

    @Test func aRecordThatBreaksTheRulesIsNotStaged() throws {
        var bytes = try SampleStream.checkpoint()
        // The type of the first record: a CHECKPOINT, which only the backup may write.
        bytes[0] = 0x0e
        try whole(bytes)
        let stager = try start()
        let texts = rest(stager)
        #expect(texts.count == 1)
        #expect(
            texts.first?.hasPrefix("broken checkpoint-corrupt: record 1 at offset 0 of the libxc stream is not valid")
                == true)
    }

    @Test func aFrameNumberBeyondTheGuestsMemoryIsNotStaged() throws {
        try whole(try SampleStream.checkpoint(frames: [SampleStream.frameLimit]), pages: 1)
        let stager = try start()
        #expect(rest(stager).map { $0.prefix(25) } == ["broken checkpoint-corrupt"])
    }

    @Test func recordsThatEndTooEarlyAreNotStaged() throws {
        // Without its last record, the HVM parameters; sizes and checksums are right.
        let bytes = Array(try SampleStream.checkpoint().dropLast(LibxcRecords.recordSize(body: 8 + HVMParameter.size)))
        try whole(bytes)
        let stager = try start()
        #expect(rest(stager).map { $0.prefix(25) } == ["broken checkpoint-corrupt"])
    }

    @Test func aFrameOfAnotherEpochInTheMiddleIsNotStaged() throws {
        let bytes = try SampleStream.checkpoint()
        try begin(bytes)
        try data(bytes.prefix(1_000))
        try data(bytes.dropFirst(1_000), epoch: 2)
        let stager = try start()
        #expect(rest(stager) == ["broken checkpoint-corrupt: a frame of epoch 2 came inside epoch 1"])
    }

    @Test func aFrameOfAnotherGenerationInTheMiddleIsNotStaged() throws {
        let bytes = try SampleStream.checkpoint()
        try begin(bytes)
        try data(bytes.prefix(1_000))
        try data(bytes.dropFirst(1_000), generation: Generation(rawValue: 4))
        let stager = try start()
        #expect(rest(stager).map { $0.prefix(25) } == ["broken checkpoint-corrupt"])
    }

    @Test(arguments: [Message.handover, .addresses([]), .stop(Ending(reason: "operator-request", text: ""))])
    func anotherMessageInTheMiddleIsNotStaged(message: Message) throws {
        let bytes = try SampleStream.checkpoint()
        try begin(bytes)
        try data(bytes.prefix(1_000))
        try send(message)
        let stager = try start()
        #expect(
            rest(stager) == ["broken checkpoint-corrupt: another message came inside the checkpoint of epoch 1"])
    }

    @Test func imageBytesInTheMiddleAreNotStaged() throws {
        let bytes = try SampleStream.checkpoint()
        try begin(bytes)
        try primary.sendBulk(
            .image, bytes, generation: Self.generation, epoch: Epoch(rawValue: 1), pieces: FrameHeader.maximumBulk)
        let stager = try start()
        #expect(
            rest(stager) == ["broken checkpoint-corrupt: another message came inside the checkpoint of epoch 1"])
    }

    @Test func anEndWithoutItsDataIsNotStaged() throws {
        let bytes = try SampleStream.checkpoint()
        try begin(bytes)
        try end(bytes)
        let stager = try start()
        #expect(
            rest(stager) == ["broken checkpoint-corrupt: the checkpoint of epoch 1 is not what was announced"])
    }

    @Test(arguments: [BulkType.checkpointData, .image])
    func bulkOutsideACheckpointIsNotTaken(type: BulkType) throws {
        let bytes = try SampleStream.checkpoint()
        try whole(bytes)
        let stager = try start()
        try primary.sendBulk(
            type, bytes.prefix(1_000), generation: Self.generation, epoch: Epoch(rawValue: 2), pieces: 1_000)
        #expect(
            rest(stager) == [
                "staged 1", "broken checkpoint-corrupt: 1000 bytes of bulk data came where 0 were expected",
            ])
    }

    // MARK: The end of the connection

    @Test func theEndInsideACheckpointDropsItAndKeepsTheOneBefore() throws {
        let bytes = try SampleStream.checkpoint()
        try whole(bytes)
        let stager = try start()
        try begin(bytes, epoch: 2)
        try data(bytes.dropLast(8), epoch: 2)
        #expect(rest(stager) == ["staged 1", Self.closed])
    }

    @Test func shuttingDownHereEndsTheThread() throws {
        try begin(try SampleStream.checkpoint())
        let stager = try start()
        backup.shutdown()
        #expect(stager.wait() != nil)
        #expect(rest(stager) == ["ended: the connection was shut down here"])
    }

    @Test func everyFrameIsASignOfLife() throws {
        let bytes = try SampleStream.checkpoint()
        try begin(bytes)
        let stager = try start()
        try data(bytes, pieces: 4_096)
        try end(bytes, pieces: 4_096)
        primary.finishSending()
        _ = stager.wait()
        var heard: UInt64 = 0
        while let event = mailbox.next(before: 0) {
            if case .heard = event { heard += 1 }
        }
        // The first announcement was heard by the thread that took the image.
        #expect(heard == backup.counters.framesReceived - 1)
    }
}
