internal import CLinux
internal import Glibc

/// Stream sockets that have a path in the file system.
public enum UnixSocket {
    /// The longest path that fits into a socket's address, in bytes.
    public static let maximumPathBytes = 107

    /// Connects to a listener.
    ///
    /// - Parameter path: The listener's path.
    /// - Returns: The connection.
    /// - Throws: ``SystemError`` of `socket` or `connect`; `ENAMETOOLONG` for a path that does not fit.
    public static func connect(path: String) throws(SystemError) -> FileDescriptor {
        let descriptor = try stream()
        let number = descriptor.number
        let result = try withAddress(path) { address, length in Glibc.connect(number, address, length) }
        guard result == 0 else { throw SystemError.last("connect \(path)") }
        return descriptor
    }

    /// The user of the process at the other end.
    ///
    /// - Parameter descriptor: A connection.
    /// - Returns: The user's number as it was when the connection was made.
    /// - Throws: ``SystemError`` of `getsockopt`.
    public static func peerUser(_ descriptor: borrowing FileDescriptor) throws(SystemError) -> UInt32 {
        var user: UInt32 = 0
        try checked(rc_peer_user(descriptor.number, &user), "getsockopt SO_PEERCRED")
        return user
    }

    /// Whether the other end has closed, or has said that it sends no more; never blocks.
    ///
    /// - Parameter number: The descriptor of an open connection on which nothing more is expected.
    /// - Returns: True once the other end has gone.
    public static func peerHasGone(_ number: Int32) -> Bool {
        var byte: UInt8 = 0
        let count = recv(number, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT))
        return count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)
    }

    /// Says that this end sends no more; the other end sees it, and may still answer.
    ///
    /// - Parameter number: The descriptor of an open connection.
    public static func endSending(_ number: Int32) { _ = shutdown(number, Int32(SHUT_WR)) }

    /// Bounds how long a read or a write may take.
    ///
    /// - Parameters:
    ///   - descriptor: A connection.
    ///   - seconds: The bound; after it a call fails with `EAGAIN`.
    /// - Throws: ``SystemError`` of `setsockopt`.
    public static func setTimeout(
        _ descriptor: borrowing FileDescriptor, seconds: Int
    ) throws(SystemError) {
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            var time = timeval(tv_sec: seconds, tv_usec: 0)
            let number = descriptor.number
            try retrying("setsockopt") {
                setsockopt(number, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
            }
        }
    }

    /// Sends all of `bytes`; a closed connection is an error and never a signal.
    ///
    /// - Parameters:
    ///   - bytes: What to send.
    ///   - number: The descriptor of an open connection.
    /// - Throws: ``SystemError`` of `send`; `EPIPE` when the other end has gone.
    public static func sendAll(_ bytes: [UInt8], on number: Int32) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            let start = done
            done += try retrying("send") {
                bytes.withUnsafeBytes {
                    Glibc.send(
                        number, $0.baseAddress?.advanced(by: start), bytes.count - start, Int32(MSG_NOSIGNAL))
                }
            }
        }
    }

    /// Sends a short message if that is possible at once, and drops it otherwise.
    ///
    /// A stream socket takes a message below a few kilobytes as a whole or not at all.
    ///
    /// - Parameters:
    ///   - bytes: What to send.
    ///   - number: The descriptor of an open connection.
    public static func sendOrDrop(_ bytes: [UInt8], on number: Int32) {
        _ = bytes.withUnsafeBytes {
            Glibc.send(number, $0.baseAddress, bytes.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
        }
    }

    static func stream() throws(SystemError) -> FileDescriptor {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        return FileDescriptor(owning: try retrying("socket") { socket(AF_UNIX, type, 0) })
    }

    static func withAddress<Result>(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) throws(SystemError) -> Result {
        guard (1...maximumPathBytes).contains(path.utf8.count) else {
            throw SystemError(code: ENAMETOOLONG, call: "socket path \(path)")
        }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
