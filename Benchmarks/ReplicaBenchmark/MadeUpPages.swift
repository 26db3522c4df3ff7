import PageSamples
import SystemKit

/// Pages of one kind, made up from a seed: the checkpoints go to and fro between two versions of each.
struct MadeUpPages: PageSequence, ~Copyable {
    private let first: AnonymousMemory
    private let second: AnonymousMemory
    private let list: UnsafeMutableBufferPointer<UInt64>
    /// The first copy, and checkpoints.
    let count: Int

    /// Makes up pages.
    ///
    /// - Parameters:
    ///   - load: What they hold.
    ///   - pages: How many, at least 1.
    ///   - checkpoints: How many checkpoints, each of all pages.
    /// - Throws: ``SystemError``.
    init(_ load: MadeUpLoad, pages: Int, checkpoints: Int) throws(SystemError) {
        let bytes = pages * PageSet.pageSize
        let first = try AnonymousMemory(reserving: bytes)
        let second = try AnonymousMemory(reserving: bytes)
        var generator = SeededGenerator(seed: 1)
        for offset in stride(from: 0, to: bytes, by: PageSet.pageSize) {
            let page = UnsafeMutableRawBufferPointer(rebasing: first.bytes[offset..<offset + PageSet.pageSize])
            let next = UnsafeMutableRawBufferPointer(rebasing: second.bytes[offset..<offset + PageSet.pageSize])
            load.start.apply(to: page, &generator)
            next.copyMemory(from: .init(page))
            load.change.apply(to: next, &generator)
        }
        self.first = first
        self.second = second
        count = 1 + checkpoints
        list = .allocate(capacity: pages)
        for frame in 0..<pages { list.initializeElement(at: frame, to: UInt64(frame)) }
    }

    deinit { list.deallocate() }

    var highestFrame: UInt64 { UInt64(list.count - 1) }

    borrowing func pages(of index: Int) -> PageSection {
        PageSection(
            isCheckpoint: index > 0, frames: UnsafeBufferPointer(list),
            pages: UnsafeRawBufferPointer(index % 2 == 0 ? first.bytes : second.bytes))
    }
}
