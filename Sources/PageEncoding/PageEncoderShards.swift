internal import Synchronization

/// The encoders of all shards of one protected domain, for any number of threads.
///
/// A thread that encodes a shard has that shard for itself until the batch is done. The order of the batches of one shard
/// is what counts, so it is the caller's to give each shard to one thread at a time and to send its batches in order.
public final class PageEncoderShards: Sendable {
    // A class around each, because an array cannot hold what cannot be copied.
    private final class Shard: Sendable {
        let encoder: Mutex<PageEncoder>
        init(_ encoder: consuming sending PageEncoder) { self.encoder = Mutex(encoder) }
    }

    /// How the pages are shared out.
    public let layout: ShardLayout
    private let shards: [Shard]

    /// Makes the encoders for a new session.
    ///
    /// - Parameters:
    ///   - layout: How the pages are shared out, the same on both hosts.
    ///   - packingThreshold: As of ``PageEncoder``.
    /// - Throws: ``PageEncodingError/noMemory(bytes:code:)``.
    public init(
        layout: ShardLayout, packingThreshold: Int = PageEncoder.defaultPackingThreshold
    ) throws(PageEncodingError) {
        self.layout = layout
        var shards: [Shard] = []
        for shard in 0..<layout.shards {
            shards.append(
                Shard(try PageEncoder(layout: layout, shard: shard, packingThreshold: packingThreshold)))
        }
        self.shards = shards
    }

    /// Encodes the pages of one shard, as ``PageEncoder/encode(epoch:frames:pages:into:)`` does.
    ///
    /// - Parameters:
    ///   - shard: The shard, from 0 to one less than the layout's ``ShardLayout/shards``.
    ///   - epoch: The epoch of the pages.
    ///   - frames: Frame numbers of this shard and of others.
    ///   - pages: 4096 bytes for each frame.
    ///   - target: Memory for the batch.
    /// - Returns: The bytes of the batch, or 0 if no page is of this shard.
    /// - Throws: ``PageEncodingError``.
    public func encode(
        shard: Int, epoch: UInt64, frames: Span<UInt64>, pages: UnsafeRawBufferPointer,
        into target: UnsafeMutableRawBufferPointer
    ) throws(PageEncodingError) -> Int {
        try shards[shard].encoder.withLock { encoder throws(PageEncodingError) in
            try encoder.encode(epoch: epoch, frames: frames, pages: pages, into: target)
        }
    }

    /// Changes what is tried with LZ4, from the next batch of each shard on.
    ///
    /// - Parameter packingThreshold: As ``PageEncoder/packingThreshold``, in bytes.
    public func tune(packingThreshold: Int) {
        for shard in shards { shard.encoder.withLock { $0.packingThreshold = packingThreshold } }
    }

    /// What all shards encoded so far.
    public var counters: EncodingCounters {
        var sum = EncodingCounters()
        for shard in shards { sum += shard.encoder.withLock { $0.counters } }
        return sum
    }
}
