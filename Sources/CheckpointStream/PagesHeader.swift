/// What stands before a batch of encoded pages: which part of which PAGE_DATA record they are.
///
/// The records of a stream follow each other, and the batches of a record too, so the next record begins where the one
/// before is complete.
public struct PagesHeader: Equatable, Sendable {
    /// Bytes of an encoded header.
    public static let size = 12

    /// Pages of the whole record, 1 to ``PageDataLayout/maximumCount``.
    public var recordPages: Int
    /// The place of the batch's first page among them.
    public var position: Int
    /// Bytes of the batch if it is packed, as it is without that; 0 if it is not.
    public var unpackedBytes: Int

    /// Makes a header.
    public init(recordPages: Int, position: Int, unpackedBytes: Int = 0) {
        self.recordPages = recordPages
        self.position = position
        self.unpackedBytes = unpackedBytes
    }

    /// Reads a header.
    ///
    /// - Parameter payload: The payload of a frame; nobody vouches for its bytes.
    /// - Throws: ``StreamError/malformed(_:_:)`` if it is cut short or has values that no record has.
    public init(reading payload: UnsafeRawBufferPointer) throws(StreamError) {
        guard payload.count >= Self.size else { throw .malformed(.pages, .truncated) }
        let pages = UInt32(littleEndian: payload.loadUnaligned(as: UInt32.self))
        let place = UInt32(littleEndian: payload.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        guard (1...UInt32(PageDataLayout.maximumCount)).contains(pages), place < pages else {
            throw .malformed(.pages, .value(.recordPages))
        }
        recordPages = Int(pages)
        position = Int(place)
        unpackedBytes = Int(UInt32(littleEndian: payload.loadUnaligned(fromByteOffset: 8, as: UInt32.self)))
        guard unpackedBytes <= FrameHeader.maximumBulk else {
            throw .tooLarge(.pages, field: .payload, actual: unpackedBytes, limit: FrameHeader.maximumBulk)
        }
    }

    /// Writes the header.
    ///
    /// - Parameter target: Memory for ``size`` bytes.
    public func write(to target: UnsafeMutableRawPointer) {
        target.storeBytes(of: UInt32(truncatingIfNeeded: recordPages).littleEndian, as: UInt32.self)
        target.storeBytes(of: UInt32(truncatingIfNeeded: position).littleEndian, toByteOffset: 4, as: UInt32.self)
        target.storeBytes(
            of: UInt32(truncatingIfNeeded: unpackedBytes).littleEndian, toByteOffset: 8, as: UInt32.self)
    }
}
