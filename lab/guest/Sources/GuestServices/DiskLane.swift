internal import Glibc
package import GuestSupport

// What "every block must equal what the memory says" means
// ========================================================
//
// The blocks are on the disk, and the table of their last writes is in this process's memory. A checkpoint of the guest
// has both, and after a failover both must be of the same moment. Between a write's start and its end they may differ:
//
// - A direct write that was in flight when the guest was suspended is not done in the memory that is resumed. The disk
//   has its old content, its new one, or some of both: the host may have done the write or not. The guest's driver
//   (xen-blkfront) still has the request and submits it again on the new host; when it is done, the block is new. So a
//   block is judged only while no write to its lane is outstanding: a lane does one write at a time, under a lock, and
//   takes the new stamp into the table before it; whoever checks takes the lock first.
// - A buffered write is done when the page cache has it, and the page cache is memory. Until the kernel has written the
//   page back, the disk may have any earlier content of it, and while the page is written back, of which the kernel
//   itself keeps track in the same memory, any mixture. So a buffered block is judged twice. First as the page cache
//   has it, which must be right at any moment. Then as the disk has it, once everything is written back and the cache
//   is dropped.
// - Writing back cannot hide anything: only pages that the memory knows to be dirty are written, and of those the disk's
//   content was never promised. A page that the memory knows to be clean stays as it is on the disk, and is compared.
// - Writing anew could hide wrong content, so a lane compares the pages that a write touches before it writes them, by
//   a direct read, before which the kernel writes dirty pages back, for the reason above. Whole pages, because the page
//   cache writes whole pages. What is found then stays on record until the lane is filled anew.
// - After a failover the guest would repeat the very writes that the lost life did after the checkpoint, and so make a
//   disk right that was ahead. Each write's bytes therefore contain the time, which does not repeat.
// - A file's holes, and a file that was cleared, read as zeros: that is known content like any other, and makes the file
//   system allocate and free blocks, so that its journal has work.

/// A part of a disk, or a file, that is written in one way, and whose every byte is known.
package final class DiskLane {
    /// The ways of writing.
    package enum Way: String {
        /// Each write goes to the disk, past the page cache.
        case direct
        /// The kernel writes back when it likes.
        case buffered
        /// Through the page cache, with an `fsync` now and then.
        case synced
    }

    /// Where the lane's blocks are.
    package struct Place {
        /// A disk or a file.
        package let path: String
        /// Where on the disk the lane begins, in bytes, a multiple of a page; nil for a file, which is all the lane's.
        package let offset: Int?

        /// Makes a place.
        package init(path: String, offset: Int? = nil) {
            self.path = path
            self.offset = offset
        }
    }

    private static let pageBlocks = 4096 / DiskBlock.bytes
    /// The longest write, and the piece in which a check reads: 64 KiB.
    private static let largestRun = 128
    /// One of so many writes to a file clears it instead.
    private static let clearing = 512
    /// One of so many synced writes is followed by an `fsync`.
    private static let syncing = 8

    /// The lane's name in reports.
    package let name: String
    /// Blocks in the lane.
    package let blockCount: Int
    /// Writes since it was filled.
    package private(set) var writes: UInt64 = 0
    private let place: Place
    private let way: Way
    private var table: [DiskBlock.Write]
    private var chooser: PageChooser
    private var met = DiskReport()
    private let buffer = AlignedBuffer(count: (largestRun + 2 * pageBlocks) * DiskBlock.bytes)
    private var files: Files?

    /// The lane's place, opened for writing, and for reading past and through the page cache.
    private struct Files: ~Copyable {
        let direct: FileDescriptor
        let buffered: FileDescriptor
    }

    /// Describes a lane; nothing is opened yet.
    ///
    /// - Parameters:
    ///   - name: Its name in reports.
    ///   - way: How it is written.
    ///   - place: Where it is.
    ///   - blockCount: Its size in blocks of ``DiskBlock/bytes``: whole pages, at least one.
    ///   - seed: Where the random choice of blocks starts.
    package init(name: String, way: Way, place: Place, blockCount: Int, seed: UInt64) {
        precondition(blockCount > 0 && blockCount % Self.pageBlocks == 0, "a lane has whole pages")
        self.name = name
        self.way = way
        self.place = place
        self.blockCount = blockCount
        table = Array(repeating: .none, count: blockCount)
        chooser = PageChooser(seed: seed)
    }

    private var offset: Int { place.offset ?? 0 }

    /// Opens the lane; its blocks must be as the table says.
    package func open() throws(SystemError) {
        files = Files(
            direct: try FileDescriptor(path: place.path, access: .direct, makesFile: place.offset == nil),
            buffered: try FileDescriptor(path: place.path, access: .buffered, makesFile: place.offset == nil))
    }

    /// Waits until all that was written is on the disk, and lets go of it.
    package func close() throws(SystemError) {
        guard files != nil else { return }
        try synchronize()
        files = nil
    }

    /// Makes the lane's content known, whatever it was before: a disk's blocks are written, a file is cleared.
    package func fill() throws(SystemError) {
        met = DiskReport()
        writes = 0
        if place.offset == nil { return try clear() }
        for first in stride(from: 0, to: blockCount, by: Self.largestRun) {
            try write(first..<min(first + Self.largestRun, blockCount))
        }
        try synchronize()
    }

    /// Writes a few blocks, chosen at random, after it has compared the pages that they are in.
    package func rewrite() throws(SystemError) {
        if place.offset == nil && chooser.next(below: Self.clearing) == 0 {
            met.add(try check(.direct))
            return try clear()
        }
        let longest = 1 << chooser.next(below: Self.largestRun.trailingZeroBitCount + 1)
        let count = min(1 + chooser.next(below: longest), blockCount)
        let first = chooser.next(below: blockCount - count + 1)
        let firstPage = first / Self.pageBlocks * Self.pageBlocks
        let endPage = (first + count + Self.pageBlocks - 1) / Self.pageBlocks * Self.pageBlocks
        try compare(firstPage..<endPage, .direct, &met)
        try write(first..<first + count)
        if way == .synced && chooser.next(below: Self.syncing) == 0 { try synchronize() }
    }

    /// Waits until all that was written is on the disk.
    package func synchronize() throws(SystemError) {
        try withFiles { files throws(SystemError) in try files.buffered.synchronize() }
    }

    /// Compares all blocks with the table.
    ///
    /// - Parameter access: As the page cache has them, or as the disk has them.
    /// - Returns: What is wrong now; ``metBefore`` has what was wrong before.
    /// - Throws: ``SystemError`` when a block cannot be read.
    package func check(_ access: FileDescriptor.Access) throws(SystemError) -> DiskReport {
        var report = DiskReport()
        for first in stride(from: 0, to: blockCount, by: Self.largestRun) {
            try compare(first..<min(first + Self.largestRun, blockCount), access, &report)
        }
        return report
    }

    /// What was wrong in pages that have been written over since.
    package var metBefore: DiskReport { met }

    /// Flips one byte on the disk, to show that a check finds it.
    ///
    /// - Parameter block: A block of the lane.
    /// - Throws: ``SystemError`` when the disk refuses.
    package func corrupt(block: Int) throws(SystemError) {
        let memory = UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[..<DiskBlock.bytes])
        let position = offset + block * DiskBlock.bytes
        try withFiles { files throws(SystemError) in
            try files.direct.read(memory, at: position)
            memory[chooser.next(below: DiskBlock.bytes)] ^= 0xFF
            try files.direct.write(UnsafeRawBufferPointer(memory), at: position)
        }
    }

    private func clear() throws(SystemError) {
        for block in 0..<blockCount { table[block] = .none }
        writes += 1
        let count = blockCount * DiskBlock.bytes
        try withFiles { files throws(SystemError) in try files.buffered.clear(count: count) }
    }

    private func write(_ blocks: Range<Int>) throws(SystemError) {
        writes += 1
        let stamp = DiskBlock.Write(number: UInt32(truncatingIfNeeded: writes), time: Clock.monotonic())
        let memory = UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[..<(blocks.count * DiskBlock.bytes)])
        let words = memory.bindMemory(to: UInt64.self)
        guard let start = words.baseAddress else { return }
        for (index, block) in blocks.enumerated() {
            table[block] = stamp
            DiskBlock.fill(block, stamp, at: start + index * DiskBlock.words)
        }
        let position = offset + blocks.lowerBound * DiskBlock.bytes
        try withFiles { files throws(SystemError) in
            if way == .direct {
                try files.direct.write(UnsafeRawBufferPointer(memory), at: position)
            } else {
                try files.buffered.write(UnsafeRawBufferPointer(memory), at: position)
            }
        }
    }

    private func compare(
        _ blocks: Range<Int>, _ access: FileDescriptor.Access, _ report: inout DiskReport
    ) throws(SystemError) {
        let memory = UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[..<(blocks.count * DiskBlock.bytes)])
        let position = offset + blocks.lowerBound * DiskBlock.bytes
        try withFiles { files throws(SystemError) in
            if access == .direct {
                try files.direct.read(memory, at: position)
            } else {
                try files.buffered.read(memory, at: position)
            }
        }
        guard let start = memory.bindMemory(to: UInt64.self).baseAddress else { return }
        report.blocks += blocks.count
        for (index, block) in blocks.enumerated() {
            let verdict = DiskBlock.judge(block, table[block], at: start + index * DiskBlock.words)
            report.add(verdict, at: "\(name):\(block)")
        }
    }

    private func withFiles(_ work: (borrowing Files) throws(SystemError) -> Void) throws(SystemError) {
        switch files {
        case .some(let files): try work(files)
        case .none: throw SystemError(call: "pwrite", subject: name, code: EBADF)
        }
    }
}
