/// The bytes of some pages of one shard and one epoch: a header, then an entry for each page.
public enum EncodedBatch {
    /// The most pages of a batch; as many as one PAGE_DATA record holds.
    public static let maximumPages = 1024

    /// Bytes of the header.
    public static let headerSize = 32

    /// The most bytes of one page's entry: its first byte, a frame number and the page itself.
    public static let maximumEntrySize = 1 + FrameStep.maximumSize + Page.size

    /// The most bytes of a batch, whatever the pages hold.
    ///
    /// - Parameter pages: Pages, 0 to ``maximumPages``.
    /// - Returns: Bytes.
    public static func maximumSize(pages: Int) -> Int { headerSize + pages * maximumEntrySize }
}

/// What stands before the entries of a batch.
struct BatchHeader: Equatable {
    var shard: UInt16
    var pages: UInt16
    /// Bytes of the entries.
    var bodySize: UInt32
    /// Counts the batches of this shard in this session from 1.
    var number: UInt64
    var epoch: UInt64
    /// The ``ContentDigest`` of all pages, in their order.
    var digest: UInt64

    func write(to target: UnsafeMutableRawPointer) {
        target.storeBytes(of: shard.littleEndian, as: UInt16.self)
        target.storeBytes(of: pages.littleEndian, toByteOffset: 2, as: UInt16.self)
        target.storeBytes(of: bodySize.littleEndian, toByteOffset: 4, as: UInt32.self)
        target.storeBytes(of: number.littleEndian, toByteOffset: 8, as: UInt64.self)
        target.storeBytes(of: epoch.littleEndian, toByteOffset: 16, as: UInt64.self)
        target.storeBytes(of: digest.littleEndian, toByteOffset: 24, as: UInt64.self)
    }
}

extension BatchHeader {
    /// Reads a header.
    ///
    /// - Parameter batch: The whole batch.
    /// - Throws: ``PageEncodingError/header(_:)`` if it is cut short, has no pages or too many, or another length.
    init(reading batch: UnsafeRawBufferPointer) throws(PageEncodingError) {
        guard batch.count >= EncodedBatch.headerSize else { throw .header(.truncated) }
        let bytes = batch.bytes
        shard = UInt16(littleEndian: bytes.unsafeLoadUnaligned(as: UInt16.self))
        pages = UInt16(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: 2, as: UInt16.self))
        bodySize = UInt32(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: 4, as: UInt32.self))
        number = UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: 8, as: UInt64.self))
        epoch = UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: 16, as: UInt64.self))
        digest = UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: 24, as: UInt64.self))
        guard (1...EncodedBatch.maximumPages).contains(Int(pages)) else { throw .header(.pages(pages)) }
        let actual = batch.count - EncodedBatch.headerSize
        guard Int(bodySize) == actual else { throw .header(.length(stated: Int(bodySize), actual: actual)) }
    }
}

extension EncodedBatch {
    /// The shard whose decoder a batch is for.
    ///
    /// - Parameter batch: The whole batch; nobody vouches for its bytes.
    /// - Returns: The shard as the header says it, 0 to 65535.
    /// - Throws: ``PageEncodingError/header(_:)``.
    public static func shard(of batch: UnsafeRawBufferPointer) throws(PageEncodingError) -> Int {
        Int(try BatchHeader(reading: batch).shard)
    }

    /// The pages that a batch says it holds, so that the room for them can be refused before any is decoded.
    ///
    /// - Parameter batch: The whole batch; nobody vouches for its bytes.
    /// - Returns: Pages, 1 to ``maximumPages``.
    /// - Throws: ``PageEncodingError/header(_:)``.
    public static func pages(in batch: UnsafeRawBufferPointer) throws(PageEncodingError) -> Int {
        Int(try BatchHeader(reading: batch).pages)
    }
}
