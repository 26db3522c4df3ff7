internal import SystemKit

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
