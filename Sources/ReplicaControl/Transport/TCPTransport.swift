internal import Glibc
public import ReplicaModel
internal import Synchronization
internal import SystemKit

/// A TCP connection with deadlines.
///
/// The heartbeat, not TCP, decides whether the peer lives: there are no keepalives.
public final class TCPTransport: Transport {
    /// The peer's numeric address and port.
    public let peer: String
    private let socket: FileDescriptor
    private let isStopped = Atomic(false)

    /// Takes over a connected socket.
    ///
    /// - Parameters:
    ///   - socket: A connected TCP socket.
    ///   - userTimeout: After how long without an acknowledgement of sent data TCP gives up by itself.
    /// - Throws: `SystemError` of `setsockopt`.
    init(owning socket: consuming FileDescriptor, userTimeout: Milliseconds) throws(SystemError) {
        // An acknowledgement must not wait for more data to go with it.
        try Self.set(socket.number, Int32(IPPROTO_TCP), TCP_NODELAY, 1, "TCP_NODELAY")
        try Self.set(
            socket.number, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, Int32(clamping: userTimeout.rawValue),
            "TCP_USER_TIMEOUT")
        peer = SocketAddress.peer(of: socket.number)
        self.socket = socket
    }

    /// Connects to a peer.
    ///
    /// - Parameters:
    ///   - host: A name or a numeric address, IPv4 or IPv6.
    ///   - port: The peer's port.
    ///   - timeout: The longest time for all the host's addresses together; a name is looked up before it starts.
    ///   - userTimeout: After how long without an acknowledgement of sent data TCP gives up by itself.
    /// - Returns: The connection.
    /// - Throws: ``TransportError/unreachable(peer:reason:)``.
    public static func connect(
        host: String, port: UInt16, timeout: Milliseconds, userTimeout: Milliseconds
    ) throws(TransportError) -> TCPTransport {
        let addresses: [SocketAddress]
        switch SocketAddress.resolve(host: host, port: port, passive: false) {
        case .success(let found): addresses = found
        case .failure(let failure):
            throw .unreachable(peer: "\(host) port \(port)", reason: failure.reason)
        }
        let end = Clock.monotonic + timeout.nanoseconds
        var reason = "the name has no address"
        for (position, address) in addresses.enumerated() {
            // A dead first address must leave time for the others.
            let now = Clock.monotonic
            let share = (end > now ? end - now : 0) / UInt64(addresses.count - position)
            do throws(SystemError) {
                let socket = try address.connect(deadline: now + share)
                return try TCPTransport(owning: socket, userTimeout: userTimeout)
            } catch {
                reason = error.description
            }
        }
        throw .unreachable(peer: "\(host) port \(port)", reason: reason)
    }

    /// Sends a header and a payload, without copying either.
    ///
    /// - Parameters:
    ///   - header: The first bytes.
    ///   - payload: The bytes after them; may be empty.
    ///   - timeout: The longest time for all of it.
    /// - Throws: ``TransportError``; the stream is then no longer usable for sending.
    public func send(
        _ header: UnsafeRawBufferPointer, _ payload: UnsafeRawBufferPointer, timeout: Milliseconds
    ) throws(TransportError) {
        let deadline = Clock.monotonic + timeout.nanoseconds
        let total = header.count + payload.count
        var done = 0
        while done < total {
            let first = UnsafeRawBufferPointer(rebasing: header.dropFirst(done))
            let second = UnsafeRawBufferPointer(rebasing: payload.dropFirst(max(0, done - header.count)))
            if let count = try attempt("sendmsg", { Self.write(self.socket.number, first, second) }) {
                done += count
            } else if try !wait(POLLOUT, until: deadline) {
                throw .stalled
            }
        }
    }

    /// Fills the whole buffer.
    ///
    /// - Parameters:
    ///   - buffer: Where the bytes go.
    ///   - timeout: The longest time without a new byte, or `nil` to wait as long as it takes.
    /// - Throws: ``TransportError``.
    public func receive(
        into buffer: UnsafeMutableRawBufferPointer, timeout: Milliseconds?
    ) throws(TransportError) {
        var done = 0
        while done < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            let flags = Int32(MSG_DONTWAIT)
            if let count = try attempt("recv", { Glibc.recv(self.socket.number, rest.baseAddress, rest.count, flags) })
            {
                guard count > 0 else { throw isStopped.load(ordering: .acquiring) ? .stopped : .closed }
                done += count
            } else {
                let deadline = timeout.map { Clock.monotonic + $0.nanoseconds }
                if try !wait(POLLIN, until: deadline) { throw done == 0 ? .timedOut : .stalled }
            }
        }
    }

    /// Tells the peer that nothing more will be sent; receiving goes on.
    public func finishSending() { _ = Glibc.shutdown(socket.number, Int32(SHUT_WR)) }

    /// Ends the connection, and wakes every thread that waits in it.
    public func shutdown() {
        isStopped.store(true, ordering: .releasing)
        // The descriptor itself stays open until the last user of this object is gone, so its number is not reused.
        _ = Glibc.shutdown(socket.number, Int32(SHUT_RDWR))
    }

    /// Runs a call that does not wait; `nil` means that it would have to.
    private func attempt(_ call: String, _ body: () -> Int) throws(TransportError) -> Int? {
        do throws(SystemError) {
            return try retrying(call, body)
        } catch {
            switch error.code {
            case EAGAIN: return nil
            case EPIPE, ECONNRESET: throw isStopped.load(ordering: .acquiring) ? .stopped : .closed
            case ETIMEDOUT: throw .stalled
            default: throw .system(error)
            }
        }
    }

    private func wait(_ events: Int32, until deadline: UInt64?) throws(TransportError) -> Bool {
        do throws(SystemError) {
            return try Readiness.wait(socket.number, events, until: deadline)
        } catch {
            throw .system(error)
        }
    }

    private static func write(
        _ socket: Int32, _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer
    ) -> Int {
        var pieces: [2 of iovec] = [
            iovec(iov_base: UnsafeMutableRawPointer(mutating: first.baseAddress), iov_len: first.count),
            iovec(iov_base: UnsafeMutableRawPointer(mutating: second.baseAddress), iov_len: second.count),
        ]
        var span = pieces.mutableSpan
        return span.withUnsafeMutableBufferPointer { list in
            var message = msghdr()
            message.msg_iov = list.baseAddress
            message.msg_iovlen = list.count
            return Glibc.sendmsg(socket, &message, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
        }
    }

    static func set(
        _ socket: Int32, _ level: Int32, _ option: Int32, _ value: Int32, _ name: String
    ) throws(SystemError) {
        var value = value
        try retrying("setsockopt \(name)") {
            setsockopt(socket, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
        }
    }
}
