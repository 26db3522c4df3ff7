/// A frame of the replication protocol as another version would send it; `docs/protocol.md` describes the layout.
enum ForeignFrame {
    /// An empty welcome.
    ///
    /// - Parameter version: The protocol version in its header.
    /// - Returns: The frame's 48 bytes.
    static func welcome(version: UInt16) -> [UInt8] {
        var bytes = Array("RPLC".utf8)
        bytes += littleEndian(UInt32(version) | 3 << 16)
        bytes += [UInt8](repeating: 0, count: 24)
        bytes += littleEndian(1)
        bytes += littleEndian(0)
        bytes += littleEndian(checksum([]))
        bytes += littleEndian(checksum(bytes))
        return bytes
    }

    /// CRC32C, bit by bit.
    static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var sum = ~UInt32(0)
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? (sum >> 1) ^ 0x82f6_3b78 : sum >> 1 }
        }
        return ~sum
    }

    private static func littleEndian(_ word: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * UInt32($0))) }
    }
}
