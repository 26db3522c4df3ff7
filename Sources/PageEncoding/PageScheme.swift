/// How one page is written; the raw value is what goes over the wire, and 0 is never used.
public enum PageScheme: UInt8, CaseIterable, Sendable {
    /// Only zeros; no bytes follow. The page leaves the cache.
    case zero = 1
    /// The page in the cache, unchanged; no bytes follow.
    case same = 2
    /// What changed against the page in the cache.
    case delta = 3
    /// What differs from a page of zeros.
    case sparse = 4
    /// The page as an LZ4 block.
    case lz4 = 5
    /// What changed against the page in the cache, as an LZ4 block.
    case deltaLZ4 = 6
    /// The contents of another frame that is in the cache.
    case duplicate = 7
    /// The 4096 bytes.
    case raw = 8
}
