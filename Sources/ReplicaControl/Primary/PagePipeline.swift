// Encodes staged pages on threads of their own while the session's thread sends those that are ready.

internal import CheckpointStream
internal import PageEncoding
internal import ReplicaModel
internal import SystemKit

/// The encoding side of one protection: a lane for each shard, and the caches that the backup has in step.
///
/// It begins with the connection and ends with it: what was encoded and never sent would leave the two hosts' caches
/// apart, so whoever gives up in the middle of records gives up the session. It belongs to the session's thread.
final class PagePipeline {
    private let terms: EncodingTerms
    private let encoders: PageEncoderShards
    private let lanes: [PageLane]
    /// Counts the rounds of the first copy and the checkpoints: a page that was used in this one is not pushed out.
    private var epoch: UInt64 = 0

    /// Makes empty caches and starts the lanes.
    ///
    /// - Parameters:
    ///   - terms: What the backup accepted.
    ///   - highestFrame: The domain's highest frame number.
    ///   - packs: Whether single pages are tried with LZ4.
    ///   - name: The domain's name, for the threads.
    /// - Throws: ``SessionFailure`` when this host has not the memory.
    init(_ terms: EncodingTerms, highestFrame: UInt64, packs: Bool, name: String) throws(SessionFailure) {
        var lanes: [PageLane] = []
        do {
            let layout = try ShardLayout(terms, highestFrame: highestFrame)
            try Self.demandMemory(layout.memoryBytes + layout.shards * PageLane.bytes)
            encoders = try PageEncoderShards(
                layout: layout,
                packingThreshold: packs ? PageEncoder.defaultPackingThreshold : PageEncoder.withoutPacking)
            for shard in 0..<layout.shards {
                lanes.append(
                    try PageLane(
                        shard: shard, encoders: encoders, packs: terms.packing == .zstd, name: name))
            }
        } catch {
            for lane in lanes { lane.end() }
            switch error {
            case let failure as SessionFailure: throw failure
            case let failure as PageEncodingError: throw SessionFailure(failure)
            case let failure as SystemError: throw SessionFailure(failure)
            default: throw SessionFailure(.internalFault, "\(error)")
            }
        }
        self.terms = terms
        self.lanes = lanes
    }

    deinit { end() }

    /// Taking more than there is would end in the kernel ending some program of this host.
    private static func demandMemory(_ needed: Int) throws(SessionFailure) {
        guard let available = HostMemory.available, available < UInt64(needed) else { return }
        throw SessionFailure(
            .memoryShort,
            "\(available >> 20) MiB of Dom0's memory are available, and encoding needs \(needed >> 20) MiB; "
                + "give Dom0 more memory, or lower encoding.cache_mib")
    }

    /// What follows are pages of the next round or checkpoint.
    func beginEpoch() { epoch += 1 }

    /// Begins to encode the pages of staged records.
    ///
    /// - Parameter records: The records; they stay as they are until ``finish(within:)`` or ``end()``.
    /// - Returns: The batches in the order in which they are to be sent.
    func encode(_ records: UnsafeRawBufferPointer) -> PageBatches {
        for lane in lanes { lane.encode(records, epoch: epoch) }
        return PageBatches(records, shards: lanes.count)
    }

    /// Sends the payload of the next batch of a shard.
    ///
    /// - Parameters:
    ///   - batch: The batch.
    ///   - bound: How long its encoding may take.
    ///   - send: Sends a payload.
    /// - Returns: What `send` returns.
    /// - Throws: ``SessionFailure``.
    func withPayload<Result>(
        of batch: PageBatches.Batch, within bound: Milliseconds,
        _ send: (UnsafeRawBufferPointer) throws(SessionFailure) -> Result
    ) throws(SessionFailure) -> Result {
        let lane = lanes[batch.shard]
        guard case .payload(let slot, let count) = try Self.outcome(of: lane, within: bound) else {
            throw SessionFailure(.internalFault, "a lane of the encoding ended before its last batch")
        }
        let result = try send(lane.payload(slot: slot, count: count))
        lane.giveBack(slot)
        return result
    }

    /// Waits until no lane looks at the records any more; every batch was sent.
    ///
    /// - Parameter bound: How long that may take.
    /// - Throws: ``SessionFailure``.
    func finish(within bound: Milliseconds) throws(SessionFailure) {
        for lane in lanes {
            guard case .finished = try Self.outcome(of: lane, within: bound) else {
                throw SessionFailure(.internalFault, "a lane of the encoding has more batches than the records")
            }
        }
    }

    private static func outcome(of lane: PageLane, within bound: Milliseconds) throws(SessionFailure)
        -> PageLane.Outcome
    {
        guard let outcome = lane.next(before: Clock.monotonic + bound.nanoseconds) else {
            throw SessionFailure(
                .internalFault,
                "a batch of pages was not encoded within \(bound.rawValue) ms; is this host overloaded?")
        }
        if case .failed(let error) = outcome { throw SessionFailure(error) }
        return outcome
    }

    /// How long all lanes have worked, in nanoseconds.
    var encodingNanoseconds: UInt64 { lanes.reduce(0) { $0 + $1.encodingNanoseconds } }

    /// What was encoded so far.
    var status: EncodingStatus {
        EncodingStatus(terms, encoders.counters, sentBytes: lanes.reduce(0) { $0 + $1.sentBytes })
    }

    /// Ends the lanes; the records are not looked at any more once it returns.
    func end() { for lane in lanes { lane.end() } }
}
