internal import Synchronization

/// The decoders of all shards of one replica, for any number of threads.
///
/// The batches of one shard must be decoded in the order in which they came; those of different shards need not wait for
/// each other.
public final class PageDecoderShards: Sendable {
    // A class around each, because an array cannot hold what cannot be copied.
    private final class Shard: Sendable {
        let decoder: Mutex<PageDecoder>
        init(_ decoder: consuming sending PageDecoder) { self.decoder = Mutex(decoder) }
    }

    /// How the pages are shared out.
    public let layout: ShardLayout
    private let shards: [Shard]

    /// Makes the decoders for a new session.
    ///
    /// - Parameter layout: How the pages are shared out, the same on both hosts.
    /// - Throws: ``PageEncodingError/noMemory(bytes:code:)``.
    public init(layout: ShardLayout) throws(PageEncodingError) {
        self.layout = layout
        var shards: [Shard] = []
        for shard in 0..<layout.shards { shards.append(Shard(try PageDecoder(layout: layout, shard: shard))) }
        self.shards = shards
    }

    /// Decodes one batch by the decoder of its shard, as ``PageDecoder/decode(_:frames:pages:)`` does.
    ///
    /// - Parameters:
    ///   - batch: The batch, exactly; nobody vouches for its bytes.
    ///   - frames: Room for the frame number of each page.
    ///   - pages: Room for 4096 bytes for each page.
    /// - Returns: The pages decoded.
    /// - Throws: ``PageEncodingError``; the session must be given up.
    public func decode(
        _ batch: UnsafeRawBufferPointer, frames: inout MutableSpan<UInt64>, pages: UnsafeMutableRawBufferPointer
    ) throws(PageEncodingError) -> Int {
        let shard = try EncodedBatch.shard(of: batch)
        guard shards.indices.contains(shard) else { throw .header(.shard(UInt16(truncatingIfNeeded: shard))) }
        return try shards[shard].decoder.withLock { decoder throws(PageEncodingError) in
            try decoder.decode(batch, frames: &frames, pages: pages)
        }
    }

    /// What all shards decoded so far.
    public var counters: EncodingCounters {
        var sum = EncodingCounters()
        for shard in shards { sum += shard.decoder.withLock { $0.counters } }
        return sum
    }
}
