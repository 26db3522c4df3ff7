internal import SystemKit

/// How the pages of a guest are shared out among caches that work at the same time, and how large each is.
///
/// Both hosts make it from the same values, and so get the same caches. A frame belongs to the shard that is its number
/// modulo the number of shards: neighbours, which tend to be dirty together, go to different cores.
public struct ShardLayout: Equatable, Sendable {
    /// How many shards there may be.
    public static let shardLimits = 1...64

    /// The highest frame number that may be asked for: 16 TiB of guest memory.
    public static let highestFrameLimit: UInt64 = (1 << 32) - 2

    /// The most pages that one shard's cache may hold: 64 GiB.
    public static let slotLimit = 1 << 24

    /// The number of shards.
    public let shards: Int
    /// The highest frame number that may come.
    public let highestFrame: UInt64
    /// The pages that each shard's cache holds, 0 to ``slotLimit``.
    public let slots: Int

    /// Lays out caches.
    ///
    /// - Parameters:
    ///   - shards: Caches that work at the same time, in ``shardLimits``.
    ///   - highestFrame: The guest's highest frame number, at most ``highestFrameLimit``.
    ///   - cacheBytes: The bound of all the pages in the caches together, with their places in the lists, in bytes; 0 for
    ///     no cache. The index of a cache comes on top: 4 bytes for each of the guest's frames.
    /// - Throws: ``PageEncodingError/layout(_:)``.
    public init(shards: Int, highestFrame: UInt64, cacheBytes: Int) throws(PageEncodingError) {
        guard Self.shardLimits.contains(shards) else { throw .layout(.shards(shards)) }
        guard highestFrame <= Self.highestFrameLimit else { throw .layout(.highestFrame(highestFrame)) }
        self.shards = shards
        self.highestFrame = highestFrame
        let least = shards * Self.slotBytes
        guard cacheBytes == 0 || cacheBytes >= least else {
            throw .layout(.cacheTooSmall(bytes: cacheBytes, needed: least))
        }
        slots = cacheBytes / shards / Self.slotBytes
        guard slots <= Self.slotLimit else {
            throw .layout(.cacheTooLarge(bytes: cacheBytes, limit: shards * Self.slotLimit * Self.slotBytes))
        }
    }

    /// The shard of a frame.
    ///
    /// - Parameter frame: A frame number.
    /// - Returns: The shard, from 0 to one less than ``shards``.
    public func shard(of frame: UInt64) -> Int { Int(frame % UInt64(shards)) }

    /// What all the caches take together on one host, in bytes, with their indexes; 0 without a cache.
    public var memoryBytes: Int { slots == 0 ? 0 : shards * shardBytes }

    /// What one shard's cache takes, in bytes.
    var shardBytes: Int { indexBytes + slots * Self.slotBytes }

    /// The frames of one shard: their number divided by the number of shards is below this.
    var framesPerShard: Int { Int(highestFrame) / shards + 1 }

    /// What the index of one shard takes, in bytes: whole pages, so that what lies behind it is aligned.
    var indexBytes: Int {
        (framesPerShard * MemoryLayout<UInt32>.stride + Page.size - 1) / Page.size * Page.size
    }

    private static let slotBytes = Page.size + MemoryLayout<CacheEntry>.stride
}
