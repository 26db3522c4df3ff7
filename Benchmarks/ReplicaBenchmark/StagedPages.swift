import CheckpointStream
import SystemKit

/// Where the pages of a section lie as the primary stages them, and where they are copied to for comparison.
struct StagedPages: ~Copyable {
    private let staging: AnonymousMemory
    private let copies: AnonymousMemory
    /// The records of the pages staged last.
    private(set) var records = UnsafeRawBufferPointer(start: nil, count: 0)

    /// Takes memory.
    ///
    /// - Parameter most: The most pages of a section.
    /// - Throws: ``SystemError``.
    init(most: Int) throws(SystemError) {
        let staging = try AnonymousMemory(reserving: PageDataLayout.stagingSize(pages: max(1, most)))
        let copies = try AnonymousMemory(reserving: max(1, most) * PageSet.pageSize)
        staging.populate(staging.bytes.count)
        copies.populate(copies.bytes.count)
        self.staging = staging
        self.copies = copies
    }

    /// Makes records of a section's pages.
    ///
    /// - Parameter section: The section, of at most as many pages as there is memory for.
    /// - Throws: ``StreamError``.
    mutating func stage(_ section: PageSection) throws(StreamError) {
        var writer = RecordWriter(into: staging.bytes)
        var position = 0
        while position < section.frames.count {
            let end = min(position + PageDataLayout.maximumCount, section.frames.count)
            let frames = UnsafeBufferPointer(rebasing: section.frames[position..<end])
            let contents = try writer.writePageData(frames: Span(_unsafeElements: frames))
            let bytes = section.pages[position * PageSet.pageSize..<end * PageSet.pageSize]
            contents.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes))
            position = end
        }
        records = writer.written
    }

    /// Copies each staged page: what other steps are compared with.
    func copy() {
        var batches = PageBatches(records, shards: 1)
        var offset = 0
        while let batch = batches.next() {
            for start in stride(from: 0, to: batch.contents.count, by: PageSet.pageSize) {
                UnsafeMutableRawBufferPointer(rebasing: copies.bytes[offset..<offset + PageSet.pageSize])
                    .copyMemory(from: .init(rebasing: batch.contents[start..<start + PageSet.pageSize]))
                offset += PageSet.pageSize
            }
        }
    }
}
