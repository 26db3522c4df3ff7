internal import CLZ4
internal import Glibc

/// Packs and unpacks single LZ4 blocks with a state that is made once.
struct BlockPacker: ~Copyable {
    // Packing always has room, because LZ4's state is of no use any more after it had none.
    private let stream: UnsafeMutablePointer<LZ4_stream_t>
    private let packed: UnsafeMutablePointer<CChar>
    private static let capacity = Page.size + Page.size / 255 + 16

    init() throws(PageEncodingError) {
        guard let stream = LZ4_createStream() else {
            throw .noMemory(bytes: MemoryLayout<LZ4_stream_t>.size, code: ENOMEM)
        }
        self.stream = stream
        packed = .allocate(capacity: Self.capacity)
    }

    deinit {
        packed.deallocate()
        LZ4_freeStream(stream)
    }

    /// Packs bytes.
    ///
    /// - Parameters:
    ///   - source: The bytes.
    ///   - count: Their number, 1 to 4096.
    /// - Returns: The block, good until the next call.
    func pack(_ source: UnsafeRawPointer, count: Int) -> UnsafeRawBufferPointer {
        precondition(count <= Page.size, "a block is a page at most")
        // Forgets the block before without clearing 16 KiB, which would take as long as packing a page.
        LZ4_resetStream_fast(stream)
        let bytes = source.assumingMemoryBound(to: CChar.self)
        let size = LZ4_compress_fast_continue(
            stream, bytes, packed, Int32(truncatingIfNeeded: count), Int32(truncatingIfNeeded: Self.capacity), 1)
        return UnsafeRawBufferPointer(start: packed, count: Int(size))
    }

    /// Unpacks a block that nobody vouches for.
    ///
    /// - Parameters:
    ///   - block: The block, at most 4096 bytes.
    ///   - target: Memory for 4096 bytes.
    /// - Returns: The bytes unpacked, 0 to 4096, or nil if the block is malformed or has more.
    static func unpack(_ block: UnsafeRawBufferPointer, to target: UnsafeMutableRawPointer) -> Int? {
        guard let start = block.baseAddress, block.count <= Page.size else { return nil }
        let size = LZ4_decompress_safe(
            start.assumingMemoryBound(to: CChar.self), target.assumingMemoryBound(to: CChar.self),
            Int32(truncatingIfNeeded: block.count), Int32(truncatingIfNeeded: Page.size))
        return size < 0 ? nil : Int(size)
    }
}
