internal import CGuest
internal import Glibc

/// Memory that a disk can be read into and written from without the page cache.
package final class AlignedBuffer {
    private static let alignment = 4096

    /// The memory, aligned to a page.
    package let bytes: UnsafeMutableRawBufferPointer

    /// Allocates memory; what is in it at first is not known.
    ///
    /// - Parameter count: Its size in bytes, at least one.
    package init(count: Int) {
        bytes = .allocate(byteCount: count, alignment: Self.alignment)
    }

    deinit {
        bytes.deallocate()
    }
}

extension FileDescriptor {
    /// How a disk or a file is opened for reading and writing.
    package enum Access: Equatable {
        /// Through the page cache.
        case buffered
        /// Past the page cache: each call is a request to the disk.
        case direct
    }

    /// Opens a disk or a file for reading and writing.
    ///
    /// - Parameters:
    ///   - path: The disk or the file.
    ///   - access: How.
    ///   - makesFile: Whether a file is made if there is none; in a folder of devices that would be no disk.
    /// - Throws: ``SystemError`` of `open`.
    package init(path: String, access: Access, makesFile: Bool) throws(SystemError) {
        let flags = O_RDWR | O_CLOEXEC | (makesFile ? O_CREAT : 0) | (access == .direct ? cguest_o_direct : 0)
        let raw = open(path, flags, 0o644)
        guard raw >= 0 else { throw SystemError(call: "open", subject: path) }
        self.init(owning: raw)
    }

    /// Reads at a place until `bytes` is full.
    ///
    /// - Parameters:
    ///   - bytes: Where to; aligned for direct access.
    ///   - offset: From where, in bytes.
    /// - Throws: ``SystemError`` of `pread`; with `EIO` also where the file ends too early.
    package borrowing func read(_ bytes: UnsafeMutableRawBufferPointer, at offset: Int) throws(SystemError) {
        try transfer(bytes.count, call: "pread") { done in
            pread(raw, bytes.baseAddress.map { $0 + done }, bytes.count - done, off_t(offset + done))
        }
    }

    /// Writes all of `bytes` at a place.
    ///
    /// - Parameters:
    ///   - bytes: What; aligned for direct access.
    ///   - offset: Where to, in bytes.
    /// - Throws: ``SystemError`` of `pwrite`.
    package borrowing func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(SystemError) {
        try transfer(bytes.count, call: "pwrite") { done in
            pwrite(raw, bytes.baseAddress.map { $0 + done }, bytes.count - done, off_t(offset + done))
        }
    }

    /// Waits until all that was written is on the disk.
    package borrowing func synchronize() throws(SystemError) {
        guard fsync(raw) == 0 else { throw SystemError(call: "fsync") }
    }

    /// Makes a file empty, then `count` bytes long: all of it reads as zeros.
    package borrowing func clear(count: Int) throws(SystemError) {
        guard ftruncate(raw, 0) == 0, ftruncate(raw, off_t(count)) == 0 else { throw SystemError(call: "ftruncate") }
    }

    private borrowing func transfer(_ count: Int, call: String, _ step: (Int) -> Int) throws(SystemError) {
        var done = 0
        while done < count {
            let moved = step(done)
            if moved < 0 && errno == EINTR { continue }
            guard moved > 0 else { throw SystemError(call: call, code: moved == 0 ? EIO : errno) }
            done += moved
        }
    }
}
