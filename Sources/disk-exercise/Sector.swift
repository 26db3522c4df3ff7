/// The content of one sector: it says which write it is of, and every byte follows from that.
enum Sector {
    static let bytes = 512

    /// Fills a sector with the content of a version.
    static func fill(_ sector: UnsafeMutableRawBufferPointer, number: Int, version: UInt32) {
        let seed = UInt64(version) << 32 | UInt64(UInt32(truncatingIfNeeded: number))
        sector.storeBytes(of: seed, as: UInt64.self)
        for offset in stride(from: 8, to: bytes, by: 8) {
            sector.storeBytes(of: word(seed, offset), toByteOffset: offset, as: UInt64.self)
        }
    }

    /// The version that a sector has, or `nil` when it is none of ours, or torn.
    static func version(_ sector: UnsafeRawBufferPointer, number: Int) -> UInt32? {
        let seed = sector.loadUnaligned(as: UInt64.self)
        guard UInt32(truncatingIfNeeded: seed) == UInt32(truncatingIfNeeded: number) else { return nil }
        for offset in stride(from: 8, to: bytes, by: 8)
        where sector.loadUnaligned(fromByteOffset: offset, as: UInt64.self) != word(seed, offset) {
            return nil
        }
        return UInt32(truncatingIfNeeded: seed >> 32)
    }

    private static func word(_ seed: UInt64, _ offset: Int) -> UInt64 {
        let mixed = (seed &+ UInt64(offset)) &* 0x9e37_79b9_7f4a_7c15
        return mixed ^ mixed >> 29
    }
}
