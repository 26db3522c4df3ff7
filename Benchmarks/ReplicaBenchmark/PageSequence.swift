import PageTrace

/// Some pages of a guest that belong together.
struct PageSection {
    /// Whether they are a checkpoint, which is measured, or a piece of the first copy, which fills the caches.
    let isCheckpoint: Bool
    /// The frame numbers.
    let frames: UnsafeBufferPointer<UInt64>
    /// 4096 bytes for each frame.
    let pages: UnsafeRawBufferPointer
}

/// The pages of a guest in the order in which they are sent: the first copy, then one checkpoint after the other.
protocol PageSequence: ~Copyable {
    /// The highest frame number.
    var highestFrame: UInt64 { get }
    /// How many sections there are.
    var count: Int { get }
    /// One section, valid as long as the sequence.
    ///
    /// - Parameter index: Its place, in `0..<count`.
    /// - Returns: The section.
    borrowing func pages(of index: Int) -> PageSection
}

extension PageTraceReader: PageSequence {
    var highestFrame: UInt64 { max(1, frames) - 1 }

    borrowing func pages(of index: Int) -> PageSection {
        let section = section(index)
        return PageSection(isCheckpoint: section.kind == .checkpoint, frames: section.frames, pages: section.pages)
    }
}
