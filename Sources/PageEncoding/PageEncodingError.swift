// PageEncoding: guest pages as few bytes, and back, by what the other side saw last. Pure computation, no I/O.

/// Why pages cannot be encoded, or an encoding cannot be decoded.
///
/// Every case of decoding means that the session must be given up: the two caches cannot be brought together again.
public enum PageEncodingError: Error, Equatable, Sendable {
    /// A layout that cannot be: see the limits of ``ShardLayout``.
    case layout(LayoutFault)
    /// The system gives no memory for a cache; `code` is the `errno`.
    case noMemory(bytes: Int, code: Int32)
    /// The caller's buffer is too small; make it as large as the size helpers say.
    case noRoom(needed: Int, available: Int)
    /// Not 1 to ``EncodedBatch/maximumPages`` frames, or not 4096 bytes for each.
    case pageCount(frames: Int, bytes: Int)
    /// A frame number above the highest one of the layout.
    case frameTooHigh(frame: UInt64, highest: UInt64)
    /// The epoch is older than that of the batch before.
    case epochWentBack(epoch: UInt64, last: UInt64)
    /// A batch header that breaks the rules.
    case header(HeaderFault)
    /// Entry `number` of a batch, from 0, breaks the rules.
    case entry(number: Int, fault: EntryFault)
    /// What was decoded is not what was encoded: the two caches are not the same any more.
    case contentsDiffer(batch: UInt64)
    /// A packed batch is malformed, or does not become as many bytes as it says.
    case unpacking
    /// An error came before; the decoder's cache is of no use any more.
    case failedBefore
}

/// What is wrong with a layout.
public enum LayoutFault: Equatable, Sendable {
    /// The number of shards is not in ``ShardLayout/shardLimits``.
    case shards(Int)
    /// The highest frame is above ``ShardLayout/highestFrameLimit``.
    case highestFrame(UInt64)
    /// The cache has no room for one page in every shard.
    case cacheTooSmall(bytes: Int, needed: Int)
    /// The cache has more than ``ShardLayout/slotLimit`` pages in a shard.
    case cacheTooLarge(bytes: Int, limit: Int)
}

/// What is wrong with the header of a batch.
public enum HeaderFault: Equatable, Sendable {
    /// Fewer bytes than a header.
    case truncated
    /// The batch is of another shard.
    case shard(UInt16)
    /// Not 1 to ``EncodedBatch/maximumPages`` pages.
    case pages(UInt16)
    /// The header's length is not that of the bytes behind it.
    case length(stated: Int, actual: Int)
    /// A batch is missing, repeated or out of order.
    case number(UInt64, expected: UInt64)
}

/// What is wrong with one page of a batch.
public enum EntryFault: Equatable, Sendable {
    /// The batch ends inside the entry.
    case truncated
    /// A scheme that has no meaning.
    case scheme(UInt8)
    /// A frame number that is not of this shard or above the highest one.
    case frame
    /// A number longer than its limit.
    case number
    /// The entry refers to a page that is not in the cache.
    case notCached
    /// A delta that breaks its rules.
    case delta
    /// An LZ4 block that cannot be unpacked to what it must be.
    case block
    /// Bytes follow the last entry.
    case trailingBytes
}

extension PageEncodingError: CustomStringConvertible {
    /// A sentence for the log.
    public var description: String {
        switch self {
        case .layout(let fault): "a page cache cannot be laid out: \(fault)"
        case .noMemory(let bytes, let code):
            "the system gives no \(bytes) bytes for a page cache (error \(code)): make the cache smaller"
        case .noRoom(let needed, let available):
            "the buffer has room for \(available) bytes and \(needed) are needed"
        case .pageCount(let frames, let bytes):
            "a batch of \(frames) frames and \(bytes) bytes cannot be encoded: "
                + "1 to \(EncodedBatch.maximumPages) frames with 4096 bytes each can"
        case .frameTooHigh(let frame, let highest): "frame \(frame) is above the guest's highest frame \(highest)"
        case .epochWentBack(let epoch, let last): "pages of epoch \(epoch) came after pages of epoch \(last)"
        case .header(let fault): "the header of a batch of pages is not valid: \(fault)"
        case .entry(let number, let fault): "page \(number) of a batch cannot be decoded: \(fault)"
        case .contentsDiffer(let batch):
            "the pages of batch \(batch) are not those that were sent: the page caches of the two hosts differ"
        case .unpacking: "a packed batch of pages cannot be unpacked to what it says"
        case .failedBefore: "a batch before could not be decoded: end the session and start a new one"
        }
    }
}

extension LayoutFault: CustomStringConvertible {
    /// A phrase for the log.
    public var description: String {
        switch self {
        case .shards(let count): "\(count) shards, and \(ShardLayout.shardLimits) are allowed"
        case .highestFrame(let frame):
            "frame \(frame) is the highest, and \(ShardLayout.highestFrameLimit) is the limit"
        case .cacheTooSmall(let bytes, let needed): "\(bytes) bytes are too few, the least is \(needed)"
        case .cacheTooLarge(let bytes, let limit): "\(bytes) bytes are too many, the most is \(limit)"
        }
    }
}

extension HeaderFault: CustomStringConvertible {
    /// A phrase for the log.
    public var description: String {
        switch self {
        case .truncated: "it is cut short"
        case .shard(let shard): "it is of shard \(shard), which is another one"
        case .pages(let count): "it has \(count) pages"
        case .length(let stated, let actual): "it announces \(stated) bytes and \(actual) follow"
        case .number(let number, let expected): "it has number \(number) where \(expected) was expected"
        }
    }
}

extension EntryFault: CustomStringConvertible {
    /// A phrase for the log.
    public var description: String {
        switch self {
        case .truncated: "the batch ends inside it"
        case .scheme(let value): "scheme \(value) has no meaning"
        case .frame: "its frame number is out of range"
        case .number: "a number is longer than its limit"
        case .notCached: "it refers to a page that is not in the cache"
        case .delta: "its delta is malformed"
        case .block: "its LZ4 block is malformed"
        case .trailingBytes: "bytes follow the last page"
        }
    }
}
