/// Takes the parts of a batch's entries from bytes that nobody vouches for: every length is checked before it is used.
struct EntryReader {
    private let bytes: UnsafeRawBufferPointer
    private var position: Int

    init(_ bytes: UnsafeRawBufferPointer, from position: Int) {
        self.bytes = bytes
        self.position = position
    }

    /// How far it has read.
    var offset: Int { position }

    /// Whether all was read.
    var isAtEnd: Bool { position == bytes.count }

    @inline(__always) mutating func byte() throws(EntryFault) -> UInt8 {
        let start = try take(1)
        return bytes.loadUnaligned(fromByteOffset: start, as: UInt8.self)
    }

    /// A number in bits of seven.
    @inline(__always) mutating func number() throws(EntryFault) -> UInt64 {
        var number: UInt64 = 0
        for index in 0..<FrameStep.maximumSize {
            let next = try byte()
            number |= UInt64(next & 0x7f) &<< UInt64(truncatingIfNeeded: index &* 7)
            if next < 0x80 { return number }
        }
        throw .number
    }

    /// Bytes behind their length, at most 4096.
    @inline(__always) mutating func counted() throws(EntryFault) -> UnsafeRawBufferPointer {
        let start = try take(EntryStart.lengthSize)
        let length = Int(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt16.self)))
        guard length <= Page.size else { throw .number }
        return try raw(length)
    }

    /// Bytes whose number is fixed.
    @inline(__always) mutating func raw(_ count: Int) throws(EntryFault) -> UnsafeRawBufferPointer {
        let start = try take(count)
        return UnsafeRawBufferPointer(rebasing: bytes[start..<start &+ count])
    }

    @inline(__always) private mutating func take(_ count: Int) throws(EntryFault) -> Int {
        guard count <= bytes.count &- position else { throw .truncated }
        defer { position &+= count }
        return position
    }
}

extension EntryFault: Error {}
