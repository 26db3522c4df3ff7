internal import CLinux
internal import Glibc
public import ReplicaModel
internal import Synchronization
internal import SystemKit

/// Accepts TCP connections at one address until it is stopped.
public final class TCPListener: Sendable {
    /// The port, also where it was asked for as 0.
    public let port: UInt16
    private let socket: FileDescriptor
    private let userTimeout: Milliseconds
    private let isStopped = Atomic(false)

    /// Begins to listen.
    ///
    /// - Parameters:
    ///   - host: The address to listen on; "::" takes IPv6 and IPv4 alike.
    ///   - port: The port, or 0 to let the system choose.
    ///   - userTimeout: After how long without an acknowledgement of sent data TCP gives up on a connection.
    /// - Throws: ``TransportError/unreachable(peer:reason:)`` when the address has no meaning here,
    ///   ``TransportError/system(_:)``.
    public init(host: String, port: UInt16, userTimeout: Milliseconds) throws(TransportError) {
        self.userTimeout = userTimeout
        let address: SocketAddress
        switch SocketAddress.resolve(host: host, port: port, passive: true) {
        case .success(let found):
            guard let first = found.first else {
                throw .unreachable(peer: "\(host) port \(port)", reason: "the name has no address")
            }
            address = first
        case .failure(let failure): throw .unreachable(peer: "\(host) port \(port)", reason: failure.reason)
        }
        do throws(SystemError) {
            socket = try address.listen()
        } catch {
            throw .system(SystemError(code: error.code, call: "\(error.call) on \(host) port \(port)"))
        }
        self.port = SocketAddress.port(of: socket.number)
    }

    /// Waits for the next connection.
    ///
    /// - Returns: The connection.
    /// - Throws: ``TransportError/stopped`` after ``stop()``, ``TransportError/system(_:)``.
    public func accept() throws(TransportError) -> TCPTransport {
        while true {
            do throws(SystemError) {
                _ = try Readiness.wait(socket.number, POLLIN, until: nil)
                guard !isStopped.load(ordering: .acquiring) else { throw SystemError(code: EINVAL, call: "accept4") }
                let connection = FileDescriptor(owning: try checked(rc_accept(socket.number), "accept4"))
                return try TCPTransport(owning: connection, userTimeout: userTimeout)
            } catch {
                if isStopped.load(ordering: .acquiring) { throw .stopped }
                // The peer went away between its connection and our accept.
                let passing = [EAGAIN, EINTR, ECONNABORTED, EPROTO, ENOTCONN]
                guard passing.contains(error.code) else { throw .system(error) }
            }
        }
    }

    /// Ends every `accept()`, now and later; from any thread.
    public func stop() {
        isStopped.store(true, ordering: .releasing)
        // On Linux this wakes a thread that waits for a connection.
        _ = Glibc.shutdown(socket.number, Int32(SHUT_RDWR))
    }
}
