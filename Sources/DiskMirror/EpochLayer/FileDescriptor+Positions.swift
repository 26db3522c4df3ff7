internal import Glibc
internal import SystemKit

// Files and devices that are read and written at positions; what they are called goes into the errors.
extension FileDescriptor {
    static func opened(_ path: String, _ flags: Int32, mode: mode_t = 0o600) throws(EpochLayerError) -> FileDescriptor {
        FileDescriptor(
            owning: try attempt("open", path) { () throws(SystemError) in
                try retrying("open") { open(path, flags | O_CLOEXEC, mode) }
            })
    }

    /// Reads until `buffer` is full; the end of the file before that is `EIO`.
    borrowing func readAll(
        _ buffer: UnsafeMutableRawBufferPointer, at offset: UInt64, of object: String
    ) throws(EpochLayerError) {
        let number = self.number
        var done = 0
        while done < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            let count = try attempt("read", object) { () throws(SystemError) in
                try retrying("pread") { pread(number, rest.baseAddress, rest.count, off_t(offset) + off_t(done)) }
            }
            guard count > 0 else { throw .system(action: "read", object: object, code: EIO) }
            done += count
        }
    }

    borrowing func writeAll(
        _ bytes: UnsafeRawBufferPointer, at offset: UInt64, of object: String
    ) throws(EpochLayerError) {
        let number = self.number
        var done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            done += try attempt("write to", object) { () throws(SystemError) in
                try retrying("pwrite") { pwrite(number, rest.baseAddress, rest.count, off_t(offset) + off_t(done)) }
            }
        }
    }

    /// Brings all that was written to the medium.
    borrowing func synchronize(_ object: String) throws(EpochLayerError) {
        let number = self.number
        try attempt("write to the medium what was written to", object) { () throws(SystemError) in
            try retrying("fsync") { fsync(number) }
        }
    }

    /// The size of a file or of a block device.
    borrowing func size(of object: String) throws(EpochLayerError) -> UInt64 {
        let number = self.number
        return UInt64(
            try attempt("find the size of", object) { () throws(SystemError) in
                try retrying("lseek") { lseek(number, 0, SEEK_END) }
            })
    }
}

/// Names what a system call was for.
@discardableResult
func attempt<Result>(
    _ action: String, _ object: String, _ call: () throws(SystemError) -> Result
) throws(EpochLayerError) -> Result {
    do throws(SystemError) { return try call() } catch {
        throw .system(action: action, object: object, code: error.code)
    }
}
