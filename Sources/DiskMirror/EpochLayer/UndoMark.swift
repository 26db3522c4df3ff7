internal import SystemKit

/// What a journal has in it once it is being applied: the identifiers that the promotion before it gave to the data.
///
/// A journal without one was never applied, in no part. One with it may be applied only while DRBD's metadata still have
/// these identifiers: see docs/decisions/0020-an-unfinished-takeover-of-disks.md.
public struct UndoMark: Equatable, Sendable {
    /// Where it is in the journal: in the page of the header, and in a sector of its own.
    static let offset = 2048
    static let bytes = 32
    private static let magic: UInt64 = 0x4b52_414d_4f44_4e55  // "UNDOMARK"
    private static let checkedBytes = 24

    /// The identifier that the promotion made, without the bit of the role.
    public let current: UInt64
    /// The identifier of the data before, which DRBD keeps until a resync to the peer begins.
    public let bitmap: UInt64

    /// Takes the identifiers of a volume.
    ///
    /// - Parameter identifiers: As DRBD tells them, after the promotion.
    public init(_ identifiers: MirrorIdentifiers) {
        current = identifiers.current & ~1
        bitmap = identifiers.bitmap & ~1
    }

    /// Reads what is in a journal; zeros are no mark.
    init?(_ raw: RawSpan) throws(UndoJournalFault) {
        guard raw.withUnsafeBytes({ bytes in bytes.contains { $0 != 0 } }) else { return nil }
        let numbers = stride(from: 0, to: Self.checkedBytes, by: 8).map {
            UInt64(littleEndian: raw.unsafeLoadUnaligned(fromByteOffset: $0, as: UInt64.self))
        }
        let checksum = UInt32(
            littleEndian: raw.unsafeLoadUnaligned(fromByteOffset: Self.checkedBytes, as: UInt32.self))
        let rest = UInt32(
            littleEndian: raw.unsafeLoadUnaligned(fromByteOffset: Self.checkedBytes + 4, as: UInt32.self))
        guard numbers[0] == Self.magic, rest == 0, checksum == Self.checksum(raw) else { throw .damaged }
        current = numbers[1]
        bitmap = numbers[2]
    }

    /// The mark as it is written.
    func encoded() -> [UInt8] {
        var raw: [UInt8] = []
        for number in [Self.magic, current, bitmap] { raw.append(number: number.littleEndian) }
        raw.append(number: UInt32(0))
        raw.append(number: UInt32(0))
        let checksum = Self.checksum(raw.span.bytes)
        for index in 0..<4 { raw[Self.checkedBytes + index] = UInt8(truncatingIfNeeded: checksum >> UInt32(8 * index)) }
        return raw
    }

    private static func checksum(_ raw: RawSpan) -> UInt32 {
        var checksum = Checksum()
        raw.extracting(0..<checkedBytes).withUnsafeBytes { checksum.update($0) }
        return checksum.value
    }
}
