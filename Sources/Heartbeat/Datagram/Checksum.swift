internal import CISAL

/// CRC32C, by Intel's library.
enum Checksum {
    /// The checksum of some bytes, with the four bytes at `field` counted as zero.
    ///
    /// - Parameters:
    ///   - bytes: What to sum; at most ``HeartbeatLimits/datagram`` bytes.
    ///   - field: Where the checksum itself is kept, inside `bytes`.
    /// - Returns: The checksum.
    static func crc32c(_ bytes: RawSpan, field: Int) -> UInt32 {
        let seed = sum(bytes.extracting(0..<field), seed: ~0)
        let zeros = InlineArray<4, UInt8>(repeating: 0)
        let middle = sum(zeros.span.bytes, seed: seed)
        return ~sum(bytes.extracting((field + 4)..<bytes.byteCount), seed: middle)
    }

    private static func sum(_ bytes: RawSpan, seed: UInt32) -> UInt32 {
        guard !bytes.isEmpty else { return seed }
        return bytes.withUnsafeBytes { raw in
            // The library declares the buffer as writable and only reads it.
            let base = UnsafeMutablePointer(mutating: raw.baseAddress?.assumingMemoryBound(to: UInt8.self))
            return crc32_iscsi(base, Int32(raw.count), seed)
        }
    }
}
