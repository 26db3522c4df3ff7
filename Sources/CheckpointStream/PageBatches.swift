/// The batches of the PAGE_DATA records that staged records begin with, in the order in which they are sent.
///
/// A batch is of one shard and of one record, and small enough that the next one is encoded while it is being sent. The
/// records are this host's own (``RecordWriter``): every frame has contents.
public struct PageBatches: IteratorProtocol {
    /// Some pages of one record.
    public struct Batch {
        /// The shard of all its frames.
        public let shard: Int
        /// Which part of the record it is.
        public let header: PagesHeader
        /// The frame numbers.
        public let frames: UnsafeBufferPointer<UInt64>
        /// 4096 bytes for each frame.
        public let contents: UnsafeRawBufferPointer
    }

    /// The most pages of a batch: 1 MiB, a few milliseconds of a fast network.
    public static let mostPages = 256

    private let records: UnsafeRawBufferPointer
    private let shards: UInt32
    private var layout: PageDataLayout?
    private var position = 0
    /// Bytes of the whole records walked through so far; after the last batch what follows the pages begins here.
    public private(set) var pageBytes = 0

    /// Begins with the first record.
    ///
    /// - Parameters:
    ///   - records: Staged records; PAGE_DATA comes first, or not at all.
    ///   - shards: The number of shards, at least 1.
    public init(_ records: UnsafeRawBufferPointer, shards: Int) {
        self.records = records
        self.shards = UInt32(shards)
    }

    /// The next batch.
    ///
    /// - Returns: `nil` after the last one.
    public mutating func next() -> Batch? {
        guard let layout = layout ?? nextRecord(), let start = records.baseAddress else { return nil }
        let record = start + pageBytes
        let list = UnsafeBufferPointer(
            start: (record + layout.frameOffset(0)).assumingMemoryBound(to: UInt64.self), count: layout.count)
        let end = endOfRun(list)
        let batch = Batch(
            shard: shard(of: list[position]),
            header: PagesHeader(recordPages: layout.count, position: position),
            frames: UnsafeBufferPointer(rebasing: list[position..<end]),
            contents: UnsafeRawBufferPointer(
                start: record + layout.pageOffset(position), count: (end - position) * LibxcRecords.pageSize))
        position = end
        self.layout = layout
        if position == layout.count {
            pageBytes += layout.size
            self.layout = nil
        }
        return batch
    }

    private mutating func nextRecord() -> PageDataLayout? {
        position = 0
        guard records.count - pageBytes >= LibxcRecords.recordHeaderSize + 8 else { return nil }
        let type = UInt32(littleEndian: records.load(fromByteOffset: pageBytes, as: UInt32.self))
        guard type == LibxcRecordType.pageData.rawValue else { return nil }
        return PageDataLayout(
            count: Int(UInt32(littleEndian: records.load(fromByteOffset: pageBytes + 8, as: UInt32.self))))
    }

    private func endOfRun(_ list: UnsafeBufferPointer<UInt64>) -> Int {
        let limit = min(position + Self.mostPages, list.count)
        guard shards > 1 else { return limit }
        let shard = shard(of: list[position])
        var end = position + 1
        while end < limit, self.shard(of: list[end]) == shard { end += 1 }
        return end
    }

    private func shard(of frame: UInt64) -> Int { Int(UInt32(truncatingIfNeeded: frame) % shards) }
}
