/// The content that a page must have: every 64-bit word derives from the page's index and its version.
///
/// Two versions of a page, or two pages of one version, share practically no word, so that a page that was left out of
/// a checkpoint, mixed from two epochs, or put in another's place shows as wrong bytes.
package struct PagePattern {
    /// Bytes in a page of the guest.
    package static let pageBytes = 4096
    /// 64-bit words in a page.
    package static let pageWords = pageBytes / MemoryLayout<UInt64>.size

    private let seed: UInt64

    /// The pattern of page `page` after its `version`-th rewrite; version 0 is the first content.
    package init(page: Int, version: UInt64) {
        seed = Self.mix(UInt64(page) &* 0x9E37_79B9_7F4A_7C15 ^ Self.mix(version &+ 0xD1B5_4A32_D192_ED03))
    }

    /// The word at `index`, in `0..<pageWords`.
    @inline(__always)
    package func word(_ index: Int) -> UInt64 {
        Self.mix(seed &+ UInt64(index) &* 0x9E37_79B9_7F4A_7C15)
    }

    /// One multiplication and two shifts: it must be cheap under software emulation.
    @inline(__always)
    private static func mix(_ value: UInt64) -> UInt64 {
        let product = (value ^ (value >> 32)) &* 0xBF58_476D_1CE4_E5B9
        return product ^ (product >> 29)
    }
}
