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
        rc_end_wide_registers()
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
