internal import CPrefetch

/// A sum over the contents of pages that shows whether the pages decoded are the pages encoded.
///
/// It finds defects (caches that are no longer in step, memory that forgot a bit), not attackers. A CRC of the contents
/// would cost as much as encoding a page; this costs a multiplication for two words, eight words at a time. Each word is
/// made different by its place, and the product of its halves is what makes two changes not cancel each other: plain
/// sums, and sums of sums, lose a change of the highest bit in two places.
struct ContentDigest: Equatable {
    private(set) var value: UInt64 = 0

    /// The sum of one page.
    ///
    /// - Parameters:
    ///   - page: 4096 bytes.
    ///   - next: Two pages that will be needed next, brought nearer meanwhile: the processor does so by itself only within
    ///     a page. Any addresses; they are not read.
    /// - Returns: The sum; pages that differ have the same only by chance.
    @inline(__always) static func of(
        _ page: UnsafeRawPointer, thenNeeding next: (UnsafeRawPointer, UnsafeRawPointer)
    ) -> UInt64 {
        var sum = Page.Line.zero
        var key = Self.firstKey
        for line in 0..<Page.lines {
            rc_prefetch(next.0 + line &* Page.lineSize)
            rc_prefetch(next.1 + line &* Page.lineSize)
            let words = Page.line(page, line &* Page.lineSize)
            let mixed = words ^ key
            sum &+= words &+ (mixed & 0xffff_ffff) &* (mixed &>> 32)
            key &+= 0x9e37_79b9_7f4a_7c15
        }
        var digest: UInt64 = 0
        for word in 0..<Page.lineWords { digest = mix(digest ^ sum[word]) }
        return digest
    }

    // Any numbers will do, if they are not alike.
    private static var firstKey: Page.Line {
        Page.Line(
            0xb8fe_6c39_23a4_4bbe, 0x7c01_812c_f721_ad1c, 0xded4_6de9_8390_97db, 0x7240_a4a4_b7b3_671f,
            0xcb79_e64e_ccc0_e578, 0x825a_d07d_ccff_7221, 0xb806_4673_f46b_4dc5, 0x2ed6_1f0b_d4a1_c9e3)
    }

    /// Adds a page, in the order of the batch.
    ///
    /// - Parameters:
    ///   - page: The page's own sum.
    ///   - frame: The number of the frame that holds it.
    @inline(__always) mutating func add(_ page: UInt64, frame: UInt64) {
        value = Self.mix(Self.mix(value ^ page) ^ frame)
    }

    // Can be undone, so it never makes two values one.
    @inline(__always) private static func mix(_ value: UInt64) -> UInt64 {
        let product = value &* 0xd6e8_feb8_6659_fd93
        return product ^ product &>> 32
    }
}
