internal import Glibc

/// The socket calls that need more than a descriptor and a buffer.
package enum SocketOption {
    /// Sets an integer option of a socket.
    package static func set(
        _ descriptor: borrowing FileDescriptor, _ level: Int32, _ option: Int32, _ value: Int32, name: String
    ) throws(SystemError) {
        var value = value
        guard setsockopt(descriptor.raw, level, option, &value, socklen_t(MemoryLayout<Int32>.size)) == 0 else {
            throw SystemError(call: "setsockopt", subject: name)
        }
    }

    /// Takes the pending error of a socket, for example of a connect that `poll` has reported.
    package static func takeError(_ descriptor: borrowing FileDescriptor) -> Int32 {
        var code: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor.raw, SOL_SOCKET, SO_ERROR, &code, &size) == 0 ? code : errno
    }

    /// Sends once without raising SIGPIPE; `bytes` must not be empty.
    package static func send(_ descriptor: borrowing FileDescriptor, _ bytes: UnsafeRawBufferPointer)
        -> FileDescriptor.Transfer
    {
        while true {
            let count = Glibc.send(descriptor.raw, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            if count > 0 { return .bytes(count) }
            if errno == EINTR { continue }
            return errno == EAGAIN ? .wouldBlock : .failed(errno)
        }
    }
}
