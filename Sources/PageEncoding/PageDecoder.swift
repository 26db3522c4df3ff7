internal import Glibc

/// Decodes what the ``PageEncoder`` of the same shard encoded, whatever the bytes say.
///
/// Its cache does what the encoder's did, so it must see every batch, once, in order; the batches are numbered, and a sum
/// over the contents ends each. After an error it decodes nothing any more: a new session begins with new ones on both
/// hosts. Work and memory are bounded by the number of pages that the header says, which the caller sees first
/// (``EncodedBatch/pages(in:)``).
public struct PageDecoder: ~Copyable, @unchecked Sendable {
    // `@unchecked Sendable`: all memory behind the pointers is this value's alone; whoever owns the value owns it.

    /// What was decoded so far.
    public private(set) var counters = EncodingCounters()

    private let layout: ShardLayout
    private let shard: Int
    var cache: PageCache
    private let deltas = DeltaReader()
    // Where packed deltas are unpacked to.
    private let unpacked: UnsafeMutableRawPointer
    private var batches: UInt64 = 0
    private var epoch: UInt64 = 0
    private var hasFailed = false

    /// Makes a decoder for a new session.
    ///
    /// - Parameters:
    ///   - layout: How the pages are shared out, the same on both hosts.
    ///   - shard: The shard, from 0 to one less than the layout's ``ShardLayout/shards``.
    /// - Throws: ``PageEncodingError/noMemory(bytes:code:)``.
    public init(layout: ShardLayout, shard: Int) throws(PageEncodingError) {
        precondition((0..<layout.shards).contains(shard), "the layout has no such shard")
        self.layout = layout
        self.shard = shard
        cache = try PageCache(layout)
        unpacked = .allocate(byteCount: Page.size, alignment: Page.size)
    }

    deinit { unpacked.deallocate() }

    /// Decodes one batch.
    ///
    /// - Parameters:
    ///   - batch: The batch, exactly; nobody vouches for its bytes.
    ///   - frames: Room for the frame number of each page.
    ///   - pages: Room for 4096 bytes for each page, in the order of the frames. After an error they are of no use.
    /// - Returns: The pages decoded, 1 to ``EncodedBatch/maximumPages``.
    /// - Throws: ``PageEncodingError``; the session must be given up.
    public mutating func decode(
        _ batch: UnsafeRawBufferPointer, frames: inout MutableSpan<UInt64>, pages: UnsafeMutableRawBufferPointer
    ) throws(PageEncodingError) -> Int {
        guard !hasFailed else { throw .failedBefore }
        hasFailed = true
        let header = try BatchHeader(reading: batch)
        try check(header)
        let count = Int(header.pages)
        let room = min(frames.count, pages.count / Page.size)
        guard count <= room, let target = pages.baseAddress else {
            throw .noRoom(needed: count * Page.size, available: room * Page.size)
        }
        batches += 1
        counters.batches += 1
        if header.epoch != epoch {
            epoch = header.epoch
            cache.beginCheckpoint()
        }
        var reader = EntryReader(batch, from: EncodedBatch.headerSize)
        var digest = ContentDigest()
        var last: UInt32 = 0
        for index in 0..<count {
            let page = target + index &* Page.size
            do throws(EntryFault) { last = try decodeEntry(&reader, after: last, to: page) } catch {
                throw .entry(number: index, fault: error)
            }
            let decoded = UnsafeRawPointer(page)
            // Behind the last entry there is nothing to look ahead at.
            let cached = index &+ 1 < count ? neededNext(reader, after: last) : cache.nearby(last)
            let next = (decoded + Page.size, cached)
            digest.add(ContentDigest.of(decoded, thenNeeding: next), frame: UInt64(last))
            frames[index] = UInt64(last) &* UInt64(layout.shards) &+ UInt64(shard)
        }
        guard reader.isAtEnd else { throw .entry(number: count, fault: .trailingBytes) }
        guard digest.value == header.digest else { throw .contentsDiffer(batch: header.number) }
        hasFailed = false
        return count
    }

    private func check(_ header: BatchHeader) throws(PageEncodingError) {
        guard Int(header.shard) == shard else { throw .header(.shard(header.shard)) }
        guard header.number == batches + 1 else { throw .header(.number(header.number, expected: batches + 1)) }
        guard header.epoch >= epoch else { throw .epochWentBack(epoch: header.epoch, last: epoch) }
    }

    /// The page in the cache that the next entry is about, or some other where there is none: only to be brought nearer.
    @inline(__always) private func neededNext(_ reader: EntryReader, after last: UInt32) -> UnsafeRawPointer {
        var ahead = reader
        do throws(EntryFault) {
            let first = try ahead.byte()
            return cache.nearby(try frame(startingWith: first, &ahead, after: last))
        } catch {
            // Decoding it will say so.
            return cache.nearby(last)
        }
    }

    /// Reads the frame of an entry whose first byte was read.
    @inline(__always) private func frame(
        startingWith first: UInt8, _ reader: inout EntryReader, after last: UInt32
    ) throws(EntryFault) -> UInt32 {
        let short = UInt64(first &>> EntryStart.stepShift)
        return try frame(from: last, number: short > 0 ? short &<< 1 : reader.number())
    }

    /// Decodes one page.
    @inline(__always) private mutating func decodeEntry(
        _ reader: inout EntryReader, after last: UInt32, to page: UnsafeMutableRawPointer
    ) throws(EntryFault) -> UInt32 {
        let start = reader.offset
        let first = try reader.byte()
        guard let scheme = PageScheme(rawValue: first & EntryStart.schemeMask) else {
            throw .scheme(first & EntryStart.schemeMask)
        }
        let frame = try frame(startingWith: first, &reader, after: last)
        let slot = cache.find(frame)
        if scheme == .zero {
            memset(page, 0, Page.size)
            if let slot { cache.remove(slot) }
        } else {
            if let slot { cache.touch(slot) }
            try decode(scheme, &reader, frame: frame, slot: slot, to: page)
        }
        counters.count(scheme, bytes: reader.offset &- start)
        return frame
    }

    @inline(__always) private mutating func decode(
        _ scheme: PageScheme, _ reader: inout EntryReader, frame: UInt32, slot: UInt32?,
        to page: UnsafeMutableRawPointer
    ) throws(EntryFault) {
        switch scheme {
        case .zero, .same: break
        case .delta: try apply(reader.counted(), to: slot)
        case .deltaLZ4:
            guard let size = BlockPacker.unpack(try reader.counted(), to: unpacked) else { throw .block }
            try apply(UnsafeRawBufferPointer(start: unpacked, count: size), to: slot)
        case .sparse:
            memset(page, 0, Page.size)
            guard deltas.apply(try reader.counted(), to: page) else { throw .delta }
            return keep(page, frame: frame, slot: slot)
        case .lz4:
            guard BlockPacker.unpack(try reader.counted(), to: page) == Page.size else { throw .block }
            return keep(page, frame: frame, slot: slot)
        case .duplicate:
            guard let original = cache.find(try self.frame(from: frame, number: reader.number())) else {
                throw .notCached
            }
            cache.touch(original)
            memcpy(page, cache.page(original), Page.size)
            return keep(page, frame: frame, slot: slot)
        case .raw:
            UnsafeMutableRawBufferPointer(start: page, count: Page.size).copyMemory(from: try reader.raw(Page.size))
            return keep(page, frame: frame, slot: slot)
        }
        // What is left is a page that was brought up to date in the cache.
        guard let slot else { throw .notCached }
        memcpy(page, cache.page(slot), Page.size)
    }

    @inline(__always) private func apply(_ delta: UnsafeRawBufferPointer, to slot: UInt32?) throws(EntryFault) {
        guard let slot else { throw .notCached }
        guard deltas.apply(delta, to: cache.page(slot)) else { throw .delta }
    }

    /// Puts a page into the cache, as the encoder did.
    @inline(__always)
    private mutating func keep(_ page: UnsafeRawPointer, frame: UInt32, slot: UInt32?) {
        guard let place = slot ?? cache.insert(frame) else { return }
        memcpy(cache.page(place), page, Page.size)
    }

    @inline(__always) private func frame(from last: UInt32, number: UInt64) throws(EntryFault) -> UInt32 {
        guard let frame = FrameStep.follow(from: last, number: number, below: layout.framesPerShard),
            UInt64(frame) &* UInt64(layout.shards) &+ UInt64(shard) <= layout.highestFrame
        else { throw .frame }
        return frame
    }
}
