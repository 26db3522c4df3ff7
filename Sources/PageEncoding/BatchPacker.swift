internal import CZstd
internal import Glibc

/// Packs whole batches with zstd, for links so thin that time is worth less than bytes.
///
/// It finds what pages of a batch have in common, which packing page by page cannot. One thread at a time uses it.
public struct BatchPacker: ~Copyable {
    // What zstd's makers take for a good middle; a thin link is slower than any level up to it.
    private static let level: Int32 = 3
    private let context: OpaquePointer

    /// Makes a packer, whose memory is used again for each batch.
    ///
    /// - Throws: ``PageEncodingError/noMemory(bytes:code:)``.
    public init() throws(PageEncodingError) {
        guard let context = ZSTD_createCCtx() else { throw .noMemory(bytes: 0, code: ENOMEM) }
        self.context = context
    }

    deinit { ZSTD_freeCCtx(context) }

    /// Packs a batch.
    ///
    /// - Parameters:
    ///   - batch: The batch.
    ///   - target: Memory for the packed bytes.
    /// - Returns: Their number, or `nil` when they do not fit; the batch is then sent as it is.
    public func pack(_ batch: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) -> Int? {
        let size = ZSTD_compressCCtx(
            context, target.baseAddress, target.count, batch.baseAddress, batch.count, Self.level)
        return ZSTD_isError(size) != 0 ? nil : size
    }
}

/// Unpacks batches that a ``BatchPacker`` packed; one thread at a time uses it.
public struct BatchUnpacker: ~Copyable, @unchecked Sendable {
    // `@unchecked Sendable`: the context is this value's alone; whoever owns the value owns it.
    private let context: OpaquePointer

    /// Makes an unpacker, whose memory is used again for each batch.
    ///
    /// - Throws: ``PageEncodingError/noMemory(bytes:code:)``.
    public init() throws(PageEncodingError) {
        guard let context = ZSTD_createDCtx() else { throw .noMemory(bytes: 0, code: ENOMEM) }
        self.context = context
    }

    deinit { ZSTD_freeDCtx(context) }

    /// Unpacks bytes that nobody vouches for.
    ///
    /// - Parameters:
    ///   - packed: The packed bytes.
    ///   - target: Exactly as much memory as the batch is said to have.
    /// - Throws: ``PageEncodingError/unpacking`` if they are malformed, or become more or fewer bytes.
    public func unpack(
        _ packed: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) throws(PageEncodingError) {
        let size = ZSTD_decompressDCtx(context, target.baseAddress, target.count, packed.baseAddress, packed.count)
        guard ZSTD_isError(size) == 0, size == target.count else { throw .unpacking }
    }
}
