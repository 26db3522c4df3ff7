internal import Glibc

/// Encodes the pages of one shard, in the order in which the checkpoints capture them.
///
/// It remembers what it encoded, as a ``PageDecoder`` remembers what it decoded, and both stay in step because the one
/// decodes exactly what the other encoded, in the same order, from the beginning. Nothing is ever undone: a checkpoint
/// that is begun is either decoded whole or the session ends, with the connection, and both caches are thrown away with
/// it. A session begins with a new encoder and a new decoder. So what was not committed leaves no trace, and whether
/// the other side decodes an epoch before or after it acknowledges the one before makes no difference.
///
/// One thread at a time uses an encoder; as many encoders as there are shards work at once (``PageEncoderShards``).
public struct PageEncoder: ~Copyable, @unchecked Sendable {
    // `@unchecked Sendable`: all memory behind the pointers is this value's alone; whoever owns the value owns it.

    /// What a delta may take without an attempt to pack it further, by default: packing takes longer than all the rest,
    /// and saves little of little.
    public static let defaultPackingThreshold = 512

    /// A delta of more bytes than this is tried with LZ4; may be changed at any time, as the decoder need not know it.
    ///
    /// A thin link wants it small, 0 at the least; from 4096 on only pages are tried that have no delta, and with
    /// ``withoutPacking`` nothing.
    public var packingThreshold: Int

    /// The ``packingThreshold`` with which LZ4 is never tried, for links that are faster than it.
    public static let withoutPacking = Int.max

    /// What was encoded so far.
    public private(set) var counters = EncodingCounters()

    private let layout: ShardLayout
    private let shard: Int
    var cache: PageCache
    private var scratch = DeltaScratch()
    private let packer: BlockPacker
    private let duplicates = DuplicateTable()
    // A delta is short already: packing it must save more than packing a page.
    private var deltaJudge = PackingJudge(least: Page.size / 8)
    private var pageJudge = PackingJudge(least: Page.size / 32)
    private let digestOfZeros: UInt64
    // The pages of this shard in the batch at hand.
    private let own: UnsafeMutablePointer<OwnPage>
    private var batches: UInt64 = 0
    private var epoch: UInt64 = 0

    /// Makes an encoder for a new session.
    ///
    /// - Parameters:
    ///   - layout: How the pages are shared out, the same on both hosts.
    ///   - shard: The shard, from 0 to one less than the layout's ``ShardLayout/shards``.
    ///   - packingThreshold: The first ``packingThreshold``, in bytes.
    /// - Throws: ``PageEncodingError/noMemory(bytes:code:)``.
    public init(
        layout: ShardLayout, shard: Int, packingThreshold: Int = PageEncoder.defaultPackingThreshold
    ) throws(PageEncodingError) {
        precondition((0..<layout.shards).contains(shard), "the layout has no such shard")
        let cache = try PageCache(layout)
        let packer = try BlockPacker()
        self.layout = layout
        self.shard = shard
        self.packingThreshold = packingThreshold
        self.cache = cache
        self.packer = packer
        digestOfZeros = scratch.withZeros { ContentDigest.of($0, thenNeeding: ($0, $0)) }
        own = .allocate(capacity: EncodedBatch.maximumPages)
    }

    deinit { own.deallocate() }

    /// Encodes the pages that belong to this shard.
    ///
    /// An error leaves the encoder as it was.
    ///
    /// - Parameters:
    ///   - epoch: The epoch of the pages, from 1, never lower than in the call before.
    ///   - frames: 1 to ``EncodedBatch/maximumPages`` frame numbers in any order, of this shard and of others.
    ///   - pages: 4096 bytes for each frame, those of other shards too.
    ///   - target: Memory for ``EncodedBatch/maximumSize(pages:)`` bytes for the pages of this shard.
    /// - Returns: The bytes of the batch, or 0 if no page is of this shard and there is nothing to send.
    /// - Throws: ``PageEncodingError`` if an argument is not as said.
    public mutating func encode(
        epoch: UInt64, frames: Span<UInt64>, pages: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) throws(PageEncodingError) -> Int {
        let count = try check(epoch: epoch, frames: frames, pages: pages, room: target.count)
        guard count > 0, let source = pages.baseAddress, let start = target.baseAddress else { return 0 }
        if epoch != self.epoch {
            self.epoch = epoch
            cache.beginCheckpoint()
        }
        var digest = ContentDigest()
        var size = EncodedBatch.headerSize
        var last: UInt32 = 0
        for position in 0..<count {
            let page = source + Int(own[position].index) &* Page.size
            let frame = own[position].frame
            let next = own[min(position + 1, count - 1)]
            let pageDigest = ContentDigest.of(
                page, thenNeeding: (source + Int(next.index) &* Page.size, cache.nearby(next.frame)))
            digest.add(pageDigest, frame: UInt64(frame))
            size &+= encode(page, digest: pageDigest, frame: frame, after: last, at: start + size)
            last = frame
        }
        batches += 1
        counters.batches += 1
        BatchHeader(
            shard: UInt16(shard), pages: UInt16(count), bodySize: UInt32(size - EncodedBatch.headerSize),
            number: batches, epoch: epoch, digest: digest.value
        ).write(to: start)
        return size
    }

    /// Looks at all arguments before anything is changed: a batch that is half encoded would end the session.
    private func check(
        epoch: UInt64, frames: Span<UInt64>, pages: UnsafeRawBufferPointer, room: Int
    ) throws(PageEncodingError) -> Int {
        guard (1...EncodedBatch.maximumPages).contains(frames.count), pages.count == frames.count * Page.size else {
            throw .pageCount(frames: frames.count, bytes: pages.count)
        }
        guard epoch >= self.epoch else { throw .epochWentBack(epoch: epoch, last: self.epoch) }
        var count = 0
        let shards = UInt32(layout.shards)
        for index in frames.indices {
            guard frames[index] <= layout.highestFrame else {
                throw .frameTooHigh(frame: frames[index], highest: layout.highestFrame)
            }
            let (frame, rest) = UInt32(truncatingIfNeeded: frames[index]).quotientAndRemainder(dividingBy: shards)
            guard Int(rest) == shard else { continue }
            own[count] = OwnPage(index: UInt32(index), frame: frame)
            count += 1
        }
        let needed = EncodedBatch.maximumSize(pages: count)
        guard count == 0 || room >= needed else { throw .noRoom(needed: needed, available: room) }
        return count
    }

    /// Writes one page's entry.
    @inline(__always) private mutating func encode(
        _ page: UnsafeRawPointer, digest: UInt64, frame: UInt32, after last: UInt32,
        at target: UnsafeMutableRawPointer
    ) -> Int {
        var start = 1
        var first: UInt8 = 0
        let step = Int64(frame) &- Int64(last)
        if 1...EntryStart.shortStepLimit ~= step {
            first = UInt8(truncatingIfNeeded: step) &<< EntryStart.stepShift
        } else {
            start &+= FrameStep.write(from: last, to: frame, at: target + 1)
        }
        let (scheme, size) = choose(page, digest: digest, frame: frame, at: target + start)
        target.storeBytes(of: first | scheme.rawValue, as: UInt8.self)
        counters.count(scheme, bytes: start &+ size)
        return start &+ size
    }

    /// Chooses the scheme, writes what follows it and brings the cache up to date.
    @inline(__always) private mutating func choose(
        _ page: UnsafeRawPointer, digest: UInt64, frame: UInt32, at target: UnsafeMutableRawPointer
    ) -> (PageScheme, Int) {
        if digest == digestOfZeros, Page.isZero(page) {
            // A later delta against nothing is as short, so a page of zeros needs no place.
            if let slot = cache.find(frame) { cache.remove(slot) }
            return (.zero, 0)
        }
        guard let slot = cache.find(frame) else { return encodeNew(page, digest: digest, frame: frame, at: target) }
        cache.touch(slot)
        scratch.compareAndUpdate(page, last: cache.page(slot))
        if scratch.isEmpty { return (.same, 0) }
        defer { duplicates.note(digest, slot: slot) }
        if let size = scratch.size, size <= packingThreshold {
            return (.delta, writeDelta(size, at: target))
        }
        return encodeChanged(page, digest: digest, frame: frame, slot: slot, at: target)
    }

    /// A page that is not in the cache.
    private mutating func encodeNew(
        _ page: UnsafeRawPointer, digest: UInt64, frame: UInt32, at target: UnsafeMutableRawPointer
    ) -> (PageScheme, Int) {
        let original = duplicate(of: page, digest: digest, but: nil)
        if let original { cache.touch(original) }
        let result: (PageScheme, Int)
        if let original, let other = cache.frame(in: original) {
            result = (.duplicate, FrameStep.write(from: frame, to: other, at: target))
        } else {
            scratch.compareWithZeros(page)
            if let size = scratch.size, size <= packingThreshold {
                result = (.sparse, writeDelta(size, at: target))
            } else {
                result = pack(page, delta: .sparse, at: target)
            }
        }
        if let slot = cache.insert(frame) {
            memcpy(cache.page(slot), page, Page.size)
            duplicates.note(digest, slot: slot)
        }
        return result
    }

    /// A page that is far from what it was; the cache has its bytes already.
    private mutating func encodeChanged(
        _ page: UnsafeRawPointer, digest: UInt64, frame: UInt32, slot: UInt32, at target: UnsafeMutableRawPointer
    ) -> (PageScheme, Int) {
        let original = duplicate(of: page, digest: digest, but: slot)
        if let original, let other = cache.frame(in: original) {
            cache.touch(original)
            return (.duplicate, FrameStep.write(from: frame, to: other, at: target))
        }
        return pack(page, delta: .delta, at: target)
    }

    /// The place of another frame with the same contents.
    private func duplicate(of page: UnsafeRawPointer, digest: UInt64, but slot: UInt32?) -> UInt32? {
        guard let guess = duplicates.guess(digest), guess != slot, cache.frame(in: guess) != nil,
            memcmp(cache.page(guess), page, Page.size) == 0
        else { return nil }
        return guess
    }

    /// The least of what is left: the delta, the delta packed, the page packed, the page as it is.
    private mutating func pack(
        _ page: UnsafeRawPointer, delta: PageScheme, at target: UnsafeMutableRawPointer
    ) -> (PageScheme, Int) {
        let deltaSize = scratch.size
        let best = deltaSize ?? Page.size - EntryStart.lengthSize
        if delta == .delta, let deltaSize, scratch.changedWords <= Self.mostWordsOfPackedDelta {
            if deltaJudge.isWorthATry() {
                _ = writeDelta(deltaSize, at: target)
                let packed = packer.pack(target + EntryStart.lengthSize, count: deltaSize)
                deltaJudge.learn(before: deltaSize, after: packed.count)
                if packed.count < best { return (.deltaLZ4, writeBlock(packed, at: target)) }
            }
        } else if packingThreshold != Self.withoutPacking, pageJudge.isWorthATry() {
            let packed = packer.pack(page, count: Page.size)
            pageJudge.learn(before: best, after: packed.count)
            if packed.count < best { return (.lz4, writeBlock(packed, at: target)) }
        }
        if let deltaSize { return (delta, writeDelta(deltaSize, at: target)) }
        memcpy(target, page, Page.size)
        return (.raw, Page.size)
    }

    @inline(__always) private func writeBlock(
        _ block: UnsafeRawBufferPointer, at target: UnsafeMutableRawPointer
    ) -> Int {
        EntryStart.writeLength(block.count, at: target)
        UnsafeMutableRawBufferPointer(start: target + EntryStart.lengthSize, count: block.count)
            .copyMemory(from: block)
        return EntryStart.lengthSize &+ block.count
    }

    @inline(__always) private func writeDelta(_ size: Int, at target: UnsafeMutableRawPointer) -> Int {
        EntryStart.writeLength(size, at: target)
        scratch.write(to: target + EntryStart.lengthSize)
        return EntryStart.lengthSize &+ size
    }

    // A page of which more has changed is another page: what it was says nothing, and its own words repeat better.
    private static let mostWordsOfPackedDelta = 256
}

/// A page of a batch that is of the encoder's own shard.
private struct OwnPage: BitwiseCopyable {
    /// Its place among the pages of the batch.
    let index: UInt32
    /// The frame's number in the shard.
    let frame: UInt32
}
