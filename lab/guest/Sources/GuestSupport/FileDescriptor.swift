internal import Glibc

/// An open file descriptor that is closed once, when its owner goes away.
package struct FileDescriptor: ~Copyable {
    /// What one non-blocking read or write came to.
    package enum Transfer: Equatable {
        /// This many bytes were moved; at least one.
        case bytes(Int)
        /// Nothing can be moved now: ask again when `poll` says so.
        case wouldBlock
        /// The other side has ended the stream (reads only).
        case end
        /// The descriptor is of no more use, for this `errno`.
        case failed(Int32)
    }

    /// The number, for calls that only borrow it.
    package let raw: Int32

    /// Takes over an open descriptor.
    package init(owning raw: Int32) {
        self.raw = raw
    }

    deinit {
        close(raw)
    }

    /// Makes reads and writes return instead of waiting, and keeps the descriptor from child processes.
    package borrowing func makeNonBlocking() throws(SystemError) {
        let flags = fcntl(raw, F_GETFL)
        guard flags >= 0, fcntl(raw, F_SETFL, flags | O_NONBLOCK) >= 0, fcntl(raw, F_SETFD, FD_CLOEXEC) >= 0 else {
            throw SystemError(call: "fcntl")
        }
    }

    private borrowing func read(into buffer: UnsafeMutableRawBufferPointer) -> Transfer {
        while true {
            let count = Glibc.read(raw, buffer.baseAddress, buffer.count)
            if count > 0 { return .bytes(count) }
            if count == 0 { return .end }
            if errno == EINTR { continue }
            return errno == EAGAIN ? .wouldBlock : .failed(errno)
        }
    }

    /// Reads once, at most `count` bytes, which must be at least one.
    package borrowing func readBytes(atMost count: Int) -> (transfer: Transfer, bytes: [UInt8]) {
        var transfer = Transfer.end
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            transfer = read(into: UnsafeMutableRawBufferPointer(buffer))
            if case .bytes(let received) = transfer { initialized = received }
        }
        return (transfer, bytes)
    }

    /// Writes once from `bytes`, which must not be empty.
    ///
    /// A pipe's writer must ignore SIGPIPE.
    package borrowing func write(_ bytes: UnsafeRawBufferPointer) -> Transfer {
        while true {
            let count = Glibc.write(raw, bytes.baseAddress, bytes.count)
            if count > 0 { return .bytes(count) }
            if errno == EINTR { continue }
            return errno == EAGAIN ? .wouldBlock : .failed(errno)
        }
    }
}
