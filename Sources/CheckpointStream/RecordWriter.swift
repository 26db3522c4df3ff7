/// Writes libxc records one after another into memory that the caller gives, ready to be sent; it never allocates.
public struct RecordWriter {
    private let buffer: UnsafeMutableRawBufferPointer
    /// Bytes written so far.
    public private(set) var count = 0

    /// Begins at the start of `buffer`, which must stay valid while the writer is used.
    public init(into buffer: UnsafeMutableRawBufferPointer) { self.buffer = buffer }

    /// Everything written so far.
    public var written: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: buffer[..<count]) }

    /// Writes the two headers that begin an image of an HVM or PVH domain.
    ///
    /// - Parameters:
    ///   - xenMajor: The major number of the hypervisor's version.
    ///   - xenMinor: Its minor number.
    /// - Throws: ``StreamError/noRoom(needed:available:)``.
    public mutating func writeHeaders(xenMajor: UInt32, xenMinor: UInt32) throws(StreamError) {
        let size = LibxcRecords.imageHeaderSize + LibxcRecords.domainHeaderSize
        let start = try take(size)
        put(UInt64.max, at: start)
        // The image header alone is big-endian; its last eight bytes say "little-endian from here on".
        put(ImageHeader.identity.bigEndian, at: start + 8)
        put(UInt64(0), at: start + 16)
        put(DomainHeader.hvm, at: start + 24)
        put(xenMajor.littleEndian, at: start + 32)
        put(xenMinor.littleEndian, at: start + 36)
    }

    /// Writes the CPUID leaves that the domain sees.
    ///
    /// - Parameter leaves: Whole leaves of 24 bytes, at least one.
    /// - Throws: ``StreamError/noRoom(needed:available:)``.
    public mutating func writeCPUIDPolicy(_ leaves: RawSpan) throws(StreamError) { try write(.cpuidPolicy, leaves) }

    /// Writes the MSR values that the domain sees.
    ///
    /// - Parameter entries: Whole entries of 16 bytes, at least one.
    /// - Throws: ``StreamError/noRoom(needed:available:)``.
    public mutating func writeMSRPolicy(_ entries: RawSpan) throws(StreamError) { try write(.msrPolicy, entries) }

    /// Marks the end of the static data; pages may follow only after it.
    ///
    /// - Throws: ``StreamError/noRoom(needed:available:)``.
    public mutating func writeStaticDataEnd() throws(StreamError) { try writeEmpty(.staticDataEnd) }

    /// Writes the head of a record of pages and says where their contents belong.
    ///
    /// - Parameter frames: The frame numbers, 1 to ``PageDataLayout/maximumCount``.
    /// - Returns: The place of the contents, 4096 bytes for each frame in the order of `frames`.
    /// - Throws: ``StreamError/noRoom(needed:available:)``.
    public mutating func writePageData(
        frames: Span<UInt64>
    ) throws(StreamError) -> UnsafeMutableRawBufferPointer {
        let layout = PageDataLayout(count: frames.count)
        guard let base = buffer.baseAddress else { throw .noRoom(needed: layout.size, available: 0) }
        return layout.write(frames: frames, at: base + (try take(layout.size)))
    }

    /// Writes the time stamp counter.
    ///
    /// - Parameter tsc: What Xen gave.
    /// - Throws: ``StreamError/noRoom(needed:available:)``.
    public mutating func writeTSCInfo(_ tsc: TSCInfo) throws(StreamError) {
        let body = try begin(.tscInfo, body: TSCInfo.size)
        put(tsc.mode.littleEndian, at: body)
        put(tsc.kilohertz.littleEndian, at: body + 4)
        put(tsc.nanoseconds.littleEndian, at: body + 8)
        put(tsc.incarnation.littleEndian, at: body + 16)
        put(UInt32(0), at: body + 20)
    }

    /// Writes the state of the vCPUs and of the devices inside Xen.
    ///
    /// - Parameter context: Exactly the bytes that Xen gave.
    /// - Throws: ``StreamError/noRoom(needed:available:)``.
    public mutating func writeHVMContext(_ context: RawSpan) throws(StreamError) { try write(.hvmContext, context) }

    /// Writes the HVM parameters.
    ///
    /// - Parameter parameters: At least one, none of them twice.
    /// - Throws: ``StreamError/noRoom(needed:available:)``.
    public mutating func writeHVMParameters(_ parameters: Span<HVMParameter>) throws(StreamError) {
        let body = try begin(.hvmParameters, body: 8 + parameters.count * HVMParameter.size)
        put(UInt32(truncatingIfNeeded: parameters.count).littleEndian, at: body)
        put(UInt32(0), at: body + 4)
        for position in 0..<parameters.count {
            let entry = body + 8 + position * HVMParameter.size
            put(parameters[position].index.littleEndian, at: entry)
            put(parameters[position].value.littleEndian, at: entry + 8)
        }
    }

    /// Writes the mark that all records before it are one consistent state.
    ///
    /// - Throws: ``StreamError/noRoom(needed:available:)``.
    public mutating func writeCheckpoint() throws(StreamError) { try writeEmpty(.checkpoint) }

    /// Writes the end of the stream, for a captured stream that Xen's own checker is to read.
    ///
    /// - Throws: ``StreamError/noRoom(needed:available:)``.
    public mutating func writeEnd() throws(StreamError) { try writeEmpty(.end) }

    private mutating func writeEmpty(_ type: LibxcRecordType) throws(StreamError) { _ = try begin(type, body: 0) }

    private mutating func write(_ type: LibxcRecordType, _ content: RawSpan) throws(StreamError) {
        let body = try begin(type, body: content.byteCount)
        content.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: buffer[body...]).copyMemory(from: $0) }
    }

    /// Writes a record's header and its padding, and returns where its body starts.
    private mutating func begin(_ type: LibxcRecordType, body: Int) throws(StreamError) -> Int {
        let size = LibxcRecords.recordSize(body: body)
        let start = try take(size)
        // The last word first: the padding that is part of it must be zero.
        put(UInt64(0), at: start + size - 8)
        put(type.rawValue.littleEndian, at: start)
        put(UInt32(truncatingIfNeeded: body).littleEndian, at: start + 4)
        return start + LibxcRecords.recordHeaderSize
    }

    private mutating func take(_ size: Int) throws(StreamError) -> Int {
        guard size <= buffer.count - count else { throw .noRoom(needed: size, available: buffer.count - count) }
        defer { count += size }
        return count
    }

    private func put<Value: BitwiseCopyable>(_ value: Value, at offset: Int) {
        buffer.storeBytes(of: value, toByteOffset: offset, as: Value.self)
    }
}

/// The constant words of a libxc image header.
enum ImageHeader {
    /// "XENF" and version 3, as they stand in the stream.
    static let identity: UInt64 = 0x5845_4e46 << 32 | 3
}

/// The constant words of a libxc domain header.
enum DomainHeader {
    /// An HVM or PVH domain with pages of 4 KiB.
    static let hvm: UInt64 = (12 << 32 | 2 as UInt64).littleEndian
}
