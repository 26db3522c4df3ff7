// How staged records go over the connection: pages encoded where that was agreed on, everything else as it lies.

internal import CheckpointStream
internal import ReplicaModel

/// What went over for some staged records.
struct SentRecords {
    /// Over the payloads, as `checkpointEnd` carries it.
    private(set) var checksum = PieceChecksum()
    /// Bytes of the payloads.
    private(set) var bytes = 0
    /// How long the lanes worked for them, in nanoseconds; much of it while payloads were being sent.
    private(set) var encodingNanoseconds: UInt64 = 0

    /// Sends staged records.
    ///
    /// - Parameters:
    ///   - records: Whole records, pages first; they stay as they are until this returns, or after an error until the
    ///     pipeline has ended.
    ///   - type: What the bytes are that go as they lie.
    ///   - pages: Encodes the pages; `nil` sends them as they lie, too.
    ///   - bound: How long encoding a batch may take.
    ///   - send: Sends a payload and returns its checksum.
    /// - Throws: ``SessionFailure``; after that the connection is of no use any more.
    init(
        sending records: UnsafeRawBufferPointer, as type: BulkType, _ pages: PagePipeline?, within bound: Milliseconds,
        _ send: (BulkType, UnsafeRawBufferPointer) throws(SessionFailure) -> UInt32
    ) throws(SessionFailure) {
        var position = 0
        if let pages {
            let before = pages.encodingNanoseconds
            var batches = pages.encode(records)
            while let batch = batches.next() {
                let (count, checksum) = try pages.withPayload(of: batch, within: bound) {
                    (payload) throws(SessionFailure) in (payload.count, try send(.pages, payload))
                }
                add(count, checksum)
            }
            try pages.finish(within: bound)
            position = batches.pageBytes
            encodingNanoseconds = pages.encodingNanoseconds - before
        }
        while position < records.count {
            let end = min(position + FrameHeader.maximumBulk, records.count)
            add(end - position, try send(type, UnsafeRawBufferPointer(rebasing: records[position..<end])))
            position = end
        }
    }

    private mutating func add(_ count: Int, _ payloadChecksum: UInt32) {
        checksum.add(payloadChecksum)
        bytes += count
    }
}

extension PrimaryWorker {
    /// Sends staged records to the backup.
    ///
    /// - Parameters:
    ///   - records: Whole records, pages first.
    ///   - type: What the bytes are that go as they lie.
    ///   - epoch: The epoch, or none for the image.
    /// - Returns: What went over.
    /// - Throws: ``SessionFailure``.
    func sendRecords(
        _ records: UnsafeRawBufferPointer, as type: BulkType, epoch: Epoch = .none
    ) throws(SessionFailure) -> SentRecords {
        try SentRecords(sending: records, as: type, pages, within: bulkTimeout) {
            (type, payload) throws(SessionFailure) in try send(type, payload, epoch: epoch)
        }
    }
}
