internal import Glibc
internal import SystemKit

/// Writes a page trace of a bounded size, one section after the other.
public struct PageTraceWriter: ~Copyable {
    /// The most pages of one section: 64 GiB of a guest.
    public static let maximumPages = 1 << 24

    private let path: String
    private let file: FileDescriptor
    private let limit: Int
    /// Bytes written so far.
    public private(set) var count: Int

    /// Begins a file anew.
    ///
    /// - Parameters:
    ///   - path: The file; it is replaced.
    ///   - limit: The most bytes that the file may have.
    ///   - frames: One more than the guest's highest frame number.
    /// - Throws: ``PageTraceError/system(path:cause:)``.
    public init(path: String, limit: Int, frames: UInt64) throws(PageTraceError) {
        let file: FileDescriptor
        do throws(SystemError) {
            file = FileDescriptor(
                owning: try retrying("open") { open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644) })
        } catch { throw .system(path: path, cause: error) }
        var header = [UInt64](repeating: 0, count: PageTraceFormat.pageSize / 8)
        header[0] = PageTraceFormat.magic
        header[1] = UInt64(PageTraceFormat.version) | UInt64(PageTraceFormat.pageSize) << 32
        header[2] = frames
        try Self.write(header, to: file, path)
        self.path = path
        self.file = file
        self.limit = limit
        count = PageTraceFormat.pageSize
    }

    /// Adds a section, unless the file would grow beyond its bound.
    ///
    /// - Parameters:
    ///   - kind: What it is part of.
    ///   - number: The checkpoint's number, from 1; 0 for a piece of the image.
    ///   - nanoseconds: When it was taken, from a start that all sections share.
    ///   - frames: The frame numbers.
    ///   - pages: The pages, 4096 bytes for each frame.
    /// - Returns: Whether it was added.
    /// - Throws: ``PageTraceError``; the file ends with a section that readers leave out, or with the one before.
    public mutating func add(
        _ kind: PageTraceKind, number: UInt64, nanoseconds: UInt64, frames: UnsafeBufferPointer<UInt64>,
        pages: UnsafeRawBufferPointer
    ) throws(PageTraceError) -> Bool {
        precondition(pages.count == frames.count * PageTraceFormat.pageSize, "each frame has one page")
        guard frames.count <= Self.maximumPages else { throw .tooManyPages(frames.count) }
        guard count + PageTraceFormat.size(pages: frames.count) <= limit else { return false }
        var head = [UInt64](repeating: 0, count: PageTraceFormat.headSize(pages: frames.count) / 8)
        head[0] = UInt64(PageTraceFormat.sectionMagic) | UInt64(kind.rawValue) << 32
        head[1] = number
        head[2] = nanoseconds
        head[3] = UInt64(frames.count)
        for (index, frame) in frames.enumerated() { head[4 + index] = frame }
        try Self.write(head, to: file, path)
        do throws(SystemError) { try file.writeAll(pages) } catch { throw .system(path: path, cause: error) }
        count += PageTraceFormat.size(pages: frames.count)
        return true
    }

    // The hosts that this program runs on are little-endian, as the format is.
    private static func write(
        _ words: [UInt64], to file: borrowing FileDescriptor, _ path: String
    ) throws(PageTraceError) {
        do throws(SystemError) {
            try words.span.bytes.withUnsafeBytes { (raw) throws(SystemError) in try file.writeAll(raw) }
        } catch { throw .system(path: path, cause: error) }
    }
}
