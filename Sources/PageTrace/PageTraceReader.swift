internal import Glibc
internal import SystemKit

/// A page trace in memory: the file mapped read-only, and where its sections are.
public struct PageTraceReader: ~Copyable {
    /// One section, valid as long as the reader.
    public struct Section {
        /// What it is part of.
        public let kind: PageTraceKind
        /// The checkpoint's number, from 1; 0 for a piece of the image.
        public let number: UInt64
        /// When it was taken, in nanoseconds from a start that all sections share.
        public let nanoseconds: UInt64
        /// The frame numbers.
        public let frames: UnsafeBufferPointer<UInt64>
        /// The pages, 4096 bytes for each frame, aligned to 4096.
        public let pages: UnsafeRawBufferPointer
    }

    /// One more than the guest's highest frame number.
    public let frames: UInt64
    private let bytes: UnsafeRawBufferPointer
    private let offsets: [Int]

    /// How many whole sections there are.
    public var count: Int { offsets.count }

    /// Maps a file; a section that is cut short at its end is left out.
    ///
    /// - Parameter path: The file.
    /// - Throws: ``PageTraceError``.
    public init(path: String) throws(PageTraceError) {
        let bytes: UnsafeRawBufferPointer
        do throws(SystemError) { bytes = try Self.map(path) } catch { throw .system(path: path, cause: error) }
        var isTaken = false
        defer { if !isTaken { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count) } }
        guard bytes.count >= PageTraceFormat.pageSize else { throw .notATrace(path: path, "it is too short") }
        let word = { (offset: Int) in bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self) }
        guard word(0) == PageTraceFormat.magic else { throw .notATrace(path: path, "it begins with other bytes") }
        guard word(8) == UInt64(PageTraceFormat.version) | UInt64(PageTraceFormat.pageSize) << 32 else {
            throw .notATrace(path: path, "its version or page size is another")
        }
        var offsets: [Int] = []
        var offset = PageTraceFormat.pageSize
        while offset + PageTraceFormat.sectionHeaderSize <= bytes.count {
            let pages = word(offset + 24)
            guard UInt32(truncatingIfNeeded: word(offset)) == PageTraceFormat.sectionMagic,
                PageTraceKind(rawValue: UInt32(word(offset) >> 32)) != nil, pages <= PageTraceWriter.maximumPages
            else { throw .notATrace(path: path, "there is no section at byte \(offset)") }
            let end = offset + PageTraceFormat.size(pages: Int(pages))
            guard end <= bytes.count else { break }
            offsets.append(offset)
            offset = end
        }
        frames = word(16)
        self.bytes = bytes
        self.offsets = offsets
        isTaken = true
    }

    deinit { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count) }

    /// One section.
    ///
    /// - Parameter index: Its place in the file, in `0..<count`.
    /// - Returns: The section; its bytes are the mapped file's.
    public borrowing func section(_ index: Int) -> Section {
        let (bytes, offset) = (bytes, offsets[index])
        let word = { (field: Int) in bytes.loadUnaligned(fromByteOffset: offset + field * 8, as: UInt64.self) }
        let pages = Int(word(3))
        let list = bytes[(offset + PageTraceFormat.sectionHeaderSize)...].prefix(pages * 8)
        let start = offset + PageTraceFormat.headSize(pages: pages)
        return Section(
            // Looked at when the file was opened.
            kind: PageTraceKind(rawValue: UInt32(word(0) >> 32)) ?? .image, number: word(1), nanoseconds: word(2),
            frames: UnsafeRawBufferPointer(rebasing: list).assumingMemoryBound(to: UInt64.self),
            pages: UnsafeRawBufferPointer(rebasing: bytes[start..<start + pages * PageTraceFormat.pageSize]))
    }

    private static func map(_ path: String) throws(SystemError) -> UnsafeRawBufferPointer {
        let file = FileDescriptor(owning: try retrying("open") { open(path, O_RDONLY | O_CLOEXEC) })
        let number = file.number
        let size = Int(try retrying("lseek") { lseek(number, 0, SEEK_END) })
        // An empty file cannot be mapped.
        guard size > 0 else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        let address = mmap(nil, size, PROT_READ, MAP_PRIVATE, number, 0)
        guard let address, address != MAP_FAILED else { throw SystemError.last("mmap") }
        return UnsafeRawBufferPointer(start: address, count: size)
    }
}
