internal import CLinux
internal import Glibc

/// A file descriptor with one owner, closed once.
public struct FileDescriptor: ~Copyable, Sendable {
    /// The number, for the time of a call; it stays this value's property.
    public let number: Int32

    /// Takes over an open descriptor.
    public init(owning number: Int32) { self.number = number }

    deinit { _ = Glibc.close(number) }

    /// Gives the descriptor away: the caller closes it.
    public consuming func release() -> Int32 {
        let number = self.number
        discard self
        return number
    }

    /// Opens a pipe.
    ///
    /// - Returns: The reading end and the writing end, both close-on-exec.
    /// - Throws: ``SystemError`` of `pipe2`.
    public static func pipe() throws(SystemError) -> Pipe {
        var ends: [2 of Int32] = [-1, -1]
        var span = ends.mutableSpan
        let result = unsafe span.withUnsafeMutableBufferPointer { rc_pipe($0.baseAddress) }
        try checked(result, "pipe2")
        return Pipe(reader: FileDescriptor(owning: ends[0]), writer: FileDescriptor(owning: ends[1]))
    }

    /// A pipe's two ends.
    public struct Pipe: ~Copyable, Sendable {
        /// The end to read from.
        public let reader: FileDescriptor
        /// The end to write to.
        public let writer: FileDescriptor

        /// Gives both ends away, each to an owner of its own.
        public consuming func ends(_ take: (consuming FileDescriptor, consuming FileDescriptor) -> Void) {
            take(reader, writer)
        }
    }

    /// Reads at most `buffer.count` bytes.
    ///
    /// - Parameter buffer: Where the bytes go.
    /// - Returns: The number of bytes read; 0 at the end of the stream.
    /// - Throws: ``SystemError`` of `read`; `EINTR` is retried.
    public borrowing func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
        let number = self.number
        return try retrying("read") { Glibc.read(number, buffer.baseAddress, buffer.count) }
    }

    /// Writes all of `bytes`, however many calls it takes.
    ///
    /// - Parameter bytes: What to write; may be empty.
    /// - Throws: ``SystemError`` of `write`; `EINTR` is retried.
    public borrowing func writeAll(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
        let number = self.number
        var done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            done += try retrying("write") { Glibc.write(number, rest.baseAddress, rest.count) }
        }
    }

    /// Writes all of `bytes` to a descriptor that does not block, while its reader goes on.
    ///
    /// - Parameters:
    ///   - bytes: What to write; may be empty.
    ///   - patience: Nanoseconds for which the reader may take nothing at all.
    /// - Throws: ``SystemError`` of `write` or `poll`; `ETIMEDOUT` when the reader took nothing for too long.
    public borrowing func writeAll(_ bytes: UnsafeRawBufferPointer, patience: UInt64) throws(SystemError) {
        let number = self.number
        var done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            let written = Glibc.write(number, rest.baseAddress, rest.count)
            if written >= 0 {
                done += written
                continue
            }
            guard errno == EAGAIN || errno == EINTR else { throw .last("write") }
            var wait = pollfd(fd: number, events: Int16(POLLOUT), revents: 0)
            let milliseconds = Int32(clamping: patience / 1_000_000)
            guard try retrying("poll", { poll(&wait, 1, milliseconds) }) > 0 else {
                throw SystemError(code: ETIMEDOUT, call: "write")
            }
        }
    }

    /// Lets calls on the descriptor fail instead of wait.
    ///
    /// - Throws: ``SystemError`` of `fcntl`.
    public borrowing func setNonBlocking() throws(SystemError) {
        let number = self.number
        try retrying("fcntl") { fcntl(number, F_SETFL, fcntl(number, F_GETFL) | O_NONBLOCK) }
    }

    /// Writes all of `text`.
    ///
    /// - Parameter text: What to write, as UTF-8.
    /// - Throws: ``SystemError`` of `write`.
    public borrowing func writeAll(_ text: String) throws(SystemError) {
        let bytes = Array(text.utf8)
        try bytes.span.bytes.withUnsafeBytes { (raw) throws(SystemError) in try writeAll(raw) }
    }
}
