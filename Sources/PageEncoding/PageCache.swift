internal import Glibc
internal import SystemKit

/// The pages sent last of one shard, within a bound; the one that was not used for longest makes room.
///
/// Both hosts do the same with the same sequence of pages, so both have the same cache: nothing here depends on time,
/// addresses or chance. The order is exact. Reaching the bound has a rule of its own: a page never pushes out one that
/// was used in the same checkpoint. A checkpoint goes through memory upwards, so one that is larger than the cache would
/// otherwise push out each page just before it comes again, and find nothing, ever.
///
/// Frames are found by a table with a place for each frame, 4 bytes for 4096 of the guest: no sequence of frames that a
/// guest could think of makes finding slow, which a hash table cannot say.
struct PageCache: ~Copyable {
    // The table of frames (a place plus 1, or 0), then the pages, then the entries.
    private let memory: AnonymousMemory
    private let table: UnsafeMutablePointer<UInt32>
    private let entries: UnsafeMutablePointer<CacheEntry>
    private let pages: UnsafeMutableRawPointer
    /// Places, full and empty; 0 where nothing is to be kept.
    let slots: Int
    private let frames: Int
    private var newest: UInt32
    private var oldest: UInt32
    // Counts checkpoints. After 2³² of them an old page may be taken for one of this checkpoint, on both hosts alike.
    private var checkpoint: UInt32 = 1

    init(_ layout: ShardLayout) throws(PageEncodingError) {
        let bytes = layout.shardBytes
        let memory: AnonymousMemory
        do throws(SystemError) { memory = try AnonymousMemory(reserving: bytes) } catch {
            throw .noMemory(bytes: bytes, code: error.code)
        }
        guard let start = memory.bytes.baseAddress else { throw .noMemory(bytes: bytes, code: ENOMEM) }
        // All of it now: a host that is short of memory shall say so here and not in the middle of a protection. Without
        // places the index stays zeros that nobody wrote, which take no memory.
        if layout.slots > 0 { memory.populate(bytes) }
        self.memory = memory
        slots = layout.slots
        frames = layout.framesPerShard
        table = start.bindMemory(to: UInt32.self, capacity: layout.framesPerShard)
        pages = start + layout.indexBytes
        entries = (pages + layout.slots * Page.size).bindMemory(to: CacheEntry.self, capacity: layout.slots)
        for slot in 0..<layout.slots {
            let newer = slot == 0 ? CacheEntry.none : UInt32(slot - 1)
            let older = slot == layout.slots - 1 ? CacheEntry.none : UInt32(slot + 1)
            entries[slot] = CacheEntry(newer: newer, older: older, frame: CacheEntry.none, checkpoint: 0)
        }
        newest = layout.slots == 0 ? CacheEntry.none : 0
        oldest = layout.slots == 0 ? CacheEntry.none : UInt32(layout.slots - 1)
    }

    /// What is used from now on belongs to the next checkpoint.
    mutating func beginCheckpoint() { checkpoint &+= 1 }

    /// The place of a frame.
    ///
    /// - Parameter frame: A number in this shard, within the layout's bound.
    /// - Returns: The place, or nil if the frame's page is not in the cache.
    @inline(__always) func find(_ frame: UInt32) -> UInt32? {
        assert(frame < frames, "the frame was checked against the layout")
        let place = table[Int(frame)]
        return place == 0 ? nil : place &- 1
    }

    /// The bytes of a place.
    @inline(__always) func page(_ slot: UInt32) -> UnsafeMutableRawPointer { pages + Int(slot) &* Page.size }

    /// Where the bytes of a frame's page are, if it is in the cache.
    ///
    /// - Parameter frame: A number in this shard, within the layout's bound.
    /// - Returns: Their address, or that of some other page: only to be brought nearer.
    @inline(__always) func nearby(_ frame: UInt32) -> UnsafeRawPointer {
        UnsafeRawPointer(page(find(frame) ?? 0))
    }

    /// The frame whose page is in a place, or nil if it is empty.
    @inline(__always) func frame(in slot: UInt32) -> UInt32? {
        let frame = entries[Int(slot)].frame
        return frame == CacheEntry.none ? nil : frame
    }

    /// Makes a place the one used last.
    @inline(__always) mutating func touch(_ slot: UInt32) {
        entries[Int(slot)].checkpoint = checkpoint
        if slot == newest { return }
        unlink(slot)
        linkAsNewest(slot)
    }

    /// Gives a frame that is not in the cache the place that was not used for longest.
    ///
    /// - Parameter frame: A number in this shard, within the layout's bound.
    /// - Returns: The place, whose bytes the caller writes, or nil if every page in the cache is of this checkpoint.
    mutating func insert(_ frame: UInt32) -> UInt32? {
        guard slots > 0 else { return nil }
        let slot = oldest
        let entry = entries[Int(slot)]
        guard entry.checkpoint != checkpoint else { return nil }
        if entry.frame != CacheEntry.none { table[Int(entry.frame)] = 0 }
        entries[Int(slot)].frame = frame
        table[Int(frame)] = slot &+ 1
        touch(slot)
        return slot
    }

    /// Takes a place from its frame; it will be given away next.
    mutating func remove(_ slot: UInt32) {
        table[Int(entries[Int(slot)].frame)] = 0
        entries[Int(slot)].frame = CacheEntry.none
        entries[Int(slot)].checkpoint = 0
        if slot == oldest { return }
        unlink(slot)
        entries[Int(oldest)].older = slot
        entries[Int(slot)].newer = oldest
        entries[Int(slot)].older = CacheEntry.none
        oldest = slot
    }

    @inline(__always) private mutating func unlink(_ slot: UInt32) {
        let (newer, older) = (entries[Int(slot)].newer, entries[Int(slot)].older)
        if newer == CacheEntry.none { newest = older } else { entries[Int(newer)].older = older }
        if older == CacheEntry.none { oldest = newer } else { entries[Int(older)].newer = newer }
    }

    @inline(__always) private mutating func linkAsNewest(_ slot: UInt32) {
        entries[Int(slot)].newer = CacheEntry.none
        // A cache of one place is empty while its place is unlinked.
        entries[Int(slot)].older = newest
        if newest == CacheEntry.none { oldest = slot } else { entries[Int(newest)].newer = slot }
        newest = slot
    }

    /// The places from the one used last to the one to be given away next, for tests: what must be equal on both hosts.
    func snapshot() -> [(frame: UInt32, page: [UInt8])] {
        var found: [(frame: UInt32, page: [UInt8])] = []
        var slot = newest
        while slot != CacheEntry.none {
            let bytes = UnsafeRawBufferPointer(start: page(slot), count: Page.size)
            if let frame = frame(in: slot) { found.append((frame, Array(bytes))) }
            slot = entries[Int(slot)].older
        }
        return found
    }
}
