internal import Glibc

extension FileDescriptor {
    /// Reads a small file whole, or the beginning of a larger one.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - limit: The most bytes to read, 1 or more.
    /// - Returns: The bytes.
    /// - Throws: ``SystemError`` of `open` or `read`.
    public static func contents(of path: String, atMost limit: Int) throws(SystemError) -> [UInt8] {
        let file = FileDescriptor(owning: try retrying("open") { Glibc.open(path, O_RDONLY | O_CLOEXEC) })
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: limit, alignment: 1)
        defer { room.deallocate() }
        var count = 0
        while count < limit {
            let more = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: room[count...]))
            if more == 0 { break }
            count += more
        }
        return Array(room[..<count])
    }
}
