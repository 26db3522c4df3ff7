import CheckpointStream
import ReplicaControl
import ReplicaModel

/// The libxc records of a small imaginary PVH guest, as a primary sends them.
enum SampleStream {
    static let frameLimit: UInt64 = 0xf_f000

    /// An image of some pages.
    static func image(frames: [UInt64] = [0, 1, 2]) throws -> [UInt8] {
        try bytes { (writer) throws(StreamError) in
            try writer.writeHeaders(xenMajor: 4, xenMinor: 17)
            try writer.writeCPUIDPolicy([UInt8](repeating: 1, count: LibxcRecords.cpuidLeafSize).span.bytes)
            try writer.writeMSRPolicy([UInt8](repeating: 2, count: LibxcRecords.msrEntrySize).span.bytes)
            try writer.writeStaticDataEnd()
            try writePages(frames, filled: 1, &writer)
        }
    }

    /// A checkpoint of some pages, each filled with one byte.
    static func checkpoint(frames: [UInt64] = [5, 6], filled: UInt8 = 7) throws -> [UInt8] {
        try bytes { (writer) throws(StreamError) in
            if !frames.isEmpty { try writePages(frames, filled: filled, &writer) }
            try writer.writeTSCInfo(TSCInfo(mode: 0, kilohertz: 2_400_000, nanoseconds: 9, incarnation: 1))
            try writer.writeHVMContext(context.span.bytes)
            try writer.writeHVMParameters([HVMParameter(index: 1, value: 0xf_effd)].span)
        }
    }

    /// Xen's header entry and the end mark.
    private static let context: [UInt8] =
        [1, 0, 0, 0, 24, 0, 0, 0] + [0x86, 0x12, 0x38, 0x54, 1, 0, 0, 0] + [UInt8](repeating: 7, count: 16)
        + [UInt8](repeating: 0, count: 8)

    private static func writePages(
        _ frames: [UInt64], filled: UInt8, _ writer: inout RecordWriter
    ) throws(StreamError) {
        let contents = try writer.writePageData(frames: frames.span)
        for position in contents.indices { contents[position] = filled }
    }

    private static func bytes(_ body: (inout RecordWriter) throws(StreamError) -> Void) throws -> [UInt8] {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 8)
        defer { buffer.deallocate() }
        var writer = RecordWriter(into: buffer)
        try body(&writer)
        return Array(writer.written)
    }
}

extension FrameConnection {
    /// Sends bytes as bulk data of one epoch, in pieces of at most `size` bytes.
    func sendBulk(
        _ type: BulkType, _ bytes: some Collection<UInt8>, generation: Generation, epoch: Epoch = .none,
        pieces size: Int = FrameHeader.maximumBulk
    ) throws(TransportError) {
        let bytes = Array(bytes)
        for start in stride(from: 0, to: bytes.count, by: size) {
            let piece = Array(bytes[start..<min(start + size, bytes.count)])
            _ = try piece.span.bytes.withUnsafeBytes { (raw) throws(TransportError) in
                try send(type, raw, generation: generation, epoch: epoch, timeout: LoopbackPair.patience)
            }
        }
    }
}
