public import ReplicaModel
internal import SystemKit

/// The 48 bytes before each payload; `docs/protocol.md` has the table.
///
/// The first eight bytes (magic, version, type) have the same place in every version of the protocol.
public struct FrameHeader: Equatable, Sendable {
    /// Bytes of an encoded header.
    public static let size = 48
    /// Bytes from which ``decodePrefix(_:)`` tells the version and the type.
    public static let prefixSize = 8
    /// "RPLC", as it stands on the wire.
    public static let magic = UInt32(littleEndian: 0x434c_5052)
    /// The version of the protocol that this code speaks.
    public static let version: UInt16 = 4
    /// The most bytes of a bulk payload: a PAGE_DATA record of 1024 pages, and room for what goes with it.
    public static let maximumBulk = 4 * 1024 * 1024 + 64 * 1024
    /// The most bytes of any other payload.
    public static let maximumMessage = 512 * 1024

    /// What the payload is.
    public var type: MessageType
    /// Bytes of the payload.
    public var payloadLength: Int
    /// The owner's generation, as the sender knows it.
    public var generation: Generation
    /// The epoch that the message is about, or ``Epoch/none``.
    public var epoch: Epoch
    /// Counts the frames of one direction of a connection, from 1.
    public var sequence: UInt64
    /// CRC32C of the payload.
    public var payloadChecksum: UInt32

    /// Makes a header.
    public init(
        type: MessageType, payloadLength: Int, generation: Generation, epoch: Epoch, sequence: UInt64,
        payloadChecksum: UInt32
    ) {
        self.type = type
        self.payloadLength = payloadLength
        self.generation = generation
        self.epoch = epoch
        self.sequence = sequence
        self.payloadChecksum = payloadChecksum
    }

    /// The most bytes of a payload of this type.
    public static func maximumPayload(of type: MessageType) -> Int {
        BulkType(type) == nil ? maximumMessage : maximumBulk
    }

    /// Writes the header with its checksum.
    ///
    /// - Parameter buffer: Memory for at least ``size`` bytes.
    /// - Throws: ``StreamError/tooLarge(_:field:actual:limit:)``, ``StreamError/noRoom(needed:available:)``.
    public func encode(into buffer: UnsafeMutableRawBufferPointer) throws(StreamError) {
        guard buffer.count >= Self.size else { throw .noRoom(needed: Self.size, available: buffer.count) }
        let limit = Self.maximumPayload(of: type)
        guard let length = UInt32(exactly: payloadLength), payloadLength <= limit else {
            throw .tooLarge(type, field: .payload, actual: payloadLength, limit: limit)
        }
        buffer.storeBytes(of: Self.magic.littleEndian, toByteOffset: 0, as: UInt32.self)
        buffer.storeBytes(of: Self.version.littleEndian, toByteOffset: 4, as: UInt16.self)
        buffer.storeBytes(of: type.rawValue.littleEndian, toByteOffset: 6, as: UInt16.self)
        // Flags and a reserved half-word: version 1 has no flags.
        buffer.storeBytes(of: 0, toByteOffset: 8, as: UInt32.self)
        buffer.storeBytes(of: length.littleEndian, toByteOffset: 12, as: UInt32.self)
        buffer.storeBytes(of: generation.rawValue.littleEndian, toByteOffset: 16, as: UInt64.self)
        buffer.storeBytes(of: epoch.rawValue.littleEndian, toByteOffset: 24, as: UInt64.self)
        buffer.storeBytes(of: sequence.littleEndian, toByteOffset: 32, as: UInt64.self)
        buffer.storeBytes(of: payloadChecksum.littleEndian, toByteOffset: 40, as: UInt32.self)
        let checksum = Checksum.of(UnsafeRawBufferPointer(rebasing: buffer[..<44]))
        buffer.storeBytes(of: checksum.littleEndian, toByteOffset: 44, as: UInt32.self)
    }

    /// Reads the part of a header that never changes, before anything whose layout may differ between versions.
    ///
    /// - Parameter bytes: At least ``prefixSize`` bytes.
    /// - Throws: ``StreamError/notAFrame(magic:)``; ``StreamError/wrongVersion(theirs:)`` unless the frame is a
    ///   `refuse`, which every version can read.
    public static func decodePrefix(_ bytes: UnsafeRawBufferPointer) throws(StreamError) {
        guard bytes.count >= prefixSize else { throw .noRoom(needed: prefixSize, available: bytes.count) }
        let magic = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt32.self))
        guard magic == Self.magic else { throw .notAFrame(magic: magic) }
        let version = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt16.self))
        let type = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 6, as: UInt16.self))
        guard version == Self.version || type == MessageType.refuse.rawValue else {
            throw .wrongVersion(theirs: version)
        }
    }

    /// Reads and checks a whole header.
    ///
    /// - Parameter bytes: At least ``size`` bytes.
    /// - Returns: The header; its payload length is within the limit of its type.
    /// - Throws: ``StreamError`` of any kind that a header can have.
    public static func decode(_ bytes: UnsafeRawBufferPointer) throws(StreamError) -> FrameHeader {
        guard bytes.count >= size else { throw .noRoom(needed: size, available: bytes.count) }
        try decodePrefix(bytes)
        let checksum = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 44, as: UInt32.self))
        guard checksum == Checksum.of(UnsafeRawBufferPointer(rebasing: bytes[..<44])) else { throw .headerChecksum }
        let number = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 6, as: UInt16.self))
        guard let type = MessageType(rawValue: number) else { throw .unknownMessage(type: number) }
        guard bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self) == 0 else {
            throw .malformed(type, .reservedBits)
        }
        let length = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 12, as: UInt32.self))
        let limit = maximumPayload(of: type)
        guard length <= limit else { throw .tooLarge(type, field: .payload, actual: Int(length), limit: limit) }
        return FrameHeader(
            type: type, payloadLength: Int(length),
            generation: Generation(
                rawValue: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self))),
            epoch: Epoch(rawValue: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self))),
            sequence: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 32, as: UInt64.self)),
            payloadChecksum: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 40, as: UInt32.self)))
    }
}
