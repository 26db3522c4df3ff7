internal import CISAL

/// CRC32C over bytes that come in any number of pieces, by the processor's own instruction where it has one.
public struct Checksum: Sendable {
    // ISA-L neither inverts the start value nor the result; the standard's CRC32C does both.
    private var state = UInt32.max

    /// Begins with no bytes.
    public init() {}

    /// The checksum of all bytes so far.
    public var value: UInt32 { ~state }

    /// Adds bytes.
    ///
    /// - Parameter bytes: The next bytes; may be empty.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        // ISA-L counts with a C int.
        let most = 1 << 30
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(most))
            let start = UnsafeMutableRawPointer(mutating: piece.baseAddress)?.assumingMemoryBound(to: UInt8.self)
            state = crc32_iscsi(start, Int32(truncatingIfNeeded: piece.count), state)
            rest = rest.dropFirst(most)
        }
    }

    /// Adds bytes.
    ///
    /// - Parameter bytes: The next bytes; may be empty.
    public mutating func update(_ bytes: RawSpan) { bytes.withUnsafeBytes { update($0) } }

    /// The checksum of bytes that lie together.
    ///
    /// - Parameter bytes: All the bytes.
    /// - Returns: Their CRC32C.
    public static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        var checksum = Checksum()
        checksum.update(bytes)
        return checksum.value
    }
}

/// The checksum that ends a checkpoint: over the checksums of its pieces, in their order.
///
/// Each piece's frame has a checksum of all its bytes already, made and checked once; going over the same megabytes a
/// second time would find nothing more. This one finds pieces that are missing, repeated or of another checkpoint.
public struct PieceChecksum: Sendable {
    private var checksum = Checksum()

    /// Begins with no piece.
    public init() {}

    /// Adds the next piece.
    ///
    /// - Parameter payloadChecksum: The CRC32C of the piece, as in its frame's header.
    public mutating func add(_ payloadChecksum: UInt32) {
        withUnsafeBytes(of: payloadChecksum.littleEndian) { checksum.update($0) }
    }

    /// The checksum of all pieces so far.
    public var value: UInt32 { checksum.value }
}
