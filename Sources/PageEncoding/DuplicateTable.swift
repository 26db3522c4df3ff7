/// Remembers where contents were seen, so that a page that is in the cache under another frame is sent as a reference.
///
/// It only guesses: the encoder compares the bytes. So it may forget and mix up as it likes, and the decoder has none.
struct DuplicateTable: ~Copyable {
    private static let count = 4096
    // The upper half of a digest and the place plus 1; 0 is empty.
    private let guesses: UnsafeMutablePointer<UInt64>

    init() {
        guesses = .allocate(capacity: Self.count)
        guesses.initialize(repeating: 0, count: Self.count)
    }

    deinit { guesses.deallocate() }

    /// The place in the cache that may hold the same contents.
    ///
    /// - Parameter digest: The page's ``ContentDigest``.
    /// - Returns: A place, which may be empty or hold something else.
    func guess(_ digest: UInt64) -> UInt32? {
        let found = guesses[Self.place(digest)]
        guard found != 0, found >> 32 == digest >> 32 else { return nil }
        return UInt32(truncatingIfNeeded: found) &- 1
    }

    /// Remembers a page.
    ///
    /// - Parameters:
    ///   - digest: The page's ``ContentDigest``.
    ///   - slot: Its place in the cache.
    func note(_ digest: UInt64, slot: UInt32) {
        guesses[Self.place(digest)] = digest & 0xffff_ffff_0000_0000 | UInt64(slot) + 1
    }

    private static func place(_ digest: UInt64) -> Int { Int(truncatingIfNeeded: digest) & (count - 1) }
}
