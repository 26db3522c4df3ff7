// PageTrace: a file of the pages that a guest wrote from one checkpoint to the next, with their frame numbers. For
// benchmarks; docs/benchmarks.md describes the format.

/// Where things are in a page trace; all numbers are little-endian.
///
/// The file begins with a block of 4096 bytes that holds the header. Each section is a header, its frame numbers, zeros
/// up to a multiple of 4096, and the pages, so that every page of a mapped file lies as it lay in the guest.
enum PageTraceFormat {
    /// The file's first eight bytes: "RPLTRACE" as text.
    static let magic = UInt64(littleEndian: 0x4543_4152_544c_5052)
    static let version: UInt32 = 1
    /// The bytes of a page, and of the file's header.
    static let pageSize = 4096

    static let sectionMagic = UInt32(littleEndian: 0x5443_4553)
    /// Magic, kind, number, nanoseconds, count of pages.
    static let sectionHeaderSize = 32

    /// The bytes of a section's header and frame numbers, with the zeros after them.
    static func headSize(pages: Int) -> Int {
        (sectionHeaderSize + pages * 8 + pageSize - 1) / pageSize * pageSize
    }

    /// The bytes of a whole section.
    static func size(pages: Int) -> Int { headSize(pages: pages) + pages * pageSize }
}

/// What a section of a page trace is part of.
public enum PageTraceKind: UInt32, Sendable {
    /// The first, whole copy of the guest's memory, taken while it ran.
    case image = 0
    /// The pages that the guest wrote since the section before; all of them at one instant.
    case checkpoint = 1
}
