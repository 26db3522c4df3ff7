/// Where the parts of one PAGE_DATA record lie, so that each page is copied once, straight into bytes ready to be sent.
///
/// All its frames carry contents: a frame that cannot be read is left out by the caller.
public struct PageDataLayout: Equatable, Sendable {
    /// The most frames of one record, as in libxc.
    public static let maximumCount = 1024

    /// The number of frames.
    public let count: Int

    /// Lays out a record.
    ///
    /// - Parameter count: Frames, 1 to ``maximumCount``.
    public init(count: Int) {
        precondition((1...Self.maximumCount).contains(count), "a PAGE_DATA record has 1 to 1024 frames")
        self.count = count
    }

    /// Bytes of the whole record; it needs no padding.
    public var size: Int { contentsOffset + count * LibxcRecords.pageSize }

    /// Bytes from the record's start to the first page's contents.
    public var contentsOffset: Int { frameOffset(count) }

    /// Bytes from the record's start to an entry of its list of frames.
    ///
    /// - Parameter index: The frame's place, 0 to ``count``; the last is the end of the list.
    /// - Returns: Bytes, a multiple of 8.
    public func frameOffset(_ index: Int) -> Int { LibxcRecords.recordHeaderSize + 8 + index * 8 }

    /// Bytes from the record's start to a page's contents.
    ///
    /// - Parameter index: The page's place, 0 to ``count``; the last is the end of the record.
    /// - Returns: Bytes.
    public func pageOffset(_ index: Int) -> Int { contentsOffset + index * LibxcRecords.pageSize }

    /// Writes the record's header alone.
    ///
    /// - Parameter start: Memory for ``size`` bytes.
    public func writeHeader(at start: UnsafeMutableRawPointer) {
        start.storeBytes(of: LibxcRecordType.pageData.rawValue.littleEndian, as: UInt32.self)
        let body = UInt32(truncatingIfNeeded: size - LibxcRecords.recordHeaderSize)
        start.storeBytes(of: body.littleEndian, toByteOffset: 4, as: UInt32.self)
        start.storeBytes(of: UInt32(truncatingIfNeeded: count).littleEndian, toByteOffset: 8, as: UInt32.self)
        start.storeBytes(of: 0, toByteOffset: 12, as: UInt32.self)
    }

    /// Writes the record's header and its list of frames.
    ///
    /// - Parameters:
    ///   - frames: Exactly ``count`` frame numbers, each below 2⁵².
    ///   - start: Memory for ``size`` bytes.
    /// - Returns: The place of the contents, 4096 bytes a frame in the order of `frames`.
    @discardableResult
    public func write(frames: Span<UInt64>, at start: UnsafeMutableRawPointer) -> UnsafeMutableRawBufferPointer {
        precondition(frames.count == count, "the layout was made for another number of frames")
        writeHeader(at: start)
        // A frame number alone is already the entry of an ordinary page: the type in its high bits is 0.
        frames.bytes.withUnsafeBytes { list in
            UnsafeMutableRawBufferPointer(start: start + frameOffset(0), count: list.count).copyMemory(from: list)
        }
        return UnsafeMutableRawBufferPointer(start: start + contentsOffset, count: count * LibxcRecords.pageSize)
    }

    /// Bytes of all the records for `pages` pages, when every record but the last is full.
    ///
    /// - Parameter pages: Pages, 0 or more.
    /// - Returns: Bytes.
    public static func stagingSize(pages: Int) -> Int {
        let records = (pages + maximumCount - 1) / maximumCount
        return records * (LibxcRecords.recordHeaderSize + 8) + pages * (8 + LibxcRecords.pageSize)
    }

    /// The most pages whose records fit into `bytes`.
    ///
    /// - Parameter bytes: Bytes for PAGE_DATA records alone, 0 or more.
    /// - Returns: Pages, 0 or more.
    public static func pages(fittingIn bytes: Int) -> Int {
        let full = PageDataLayout(count: maximumCount).size
        let rest = bytes % full - (LibxcRecords.recordHeaderSize + 8)
        return bytes / full * maximumCount + max(0, rest) / (8 + LibxcRecords.pageSize)
    }
}
