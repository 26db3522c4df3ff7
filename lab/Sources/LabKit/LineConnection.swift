import Foundation

/// A client's side of a unix socket on this machine; both sides speak in lines.
final class LineConnection {
    /// Why there is no connection, or no answer.
    enum Failure: Error {
        /// The operating system refused a call, for this reason.
        case refused(String)
        /// The other side closed the connection.
        case closed
        /// The other side did not say a line in time.
        case silent

        /// The failure as the end of a sentence.
        var text: String {
            switch self {
            case .refused(let reason): reason
            case .closed: "the connection was closed"
            case .silent: "no answer came in time"
            }
        }
    }

    private let descriptor: Int32
    private var received: [UInt8] = []

    /// Connects.
    ///
    /// - Parameters:
    ///   - path: The socket.
    ///   - timeout: How long the other side may be silent while it is to say something.
    /// - Throws: ``Failure/refused(_:)``.
    init(path: String, timeout: Duration) throws(Failure) {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var limit = timeval(tv_sec: Int(timeout.components.seconds), tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let status = withUnsafeBytes(of: &address) {
            connect(
                descriptor, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self),
                socklen_t(MemoryLayout<sockaddr_un>.size))
        }
        guard status == 0 else { throw .refused(String(cString: strerror(errno))) }
    }

    deinit { close(descriptor) }

    /// Says a line.
    ///
    /// - Parameter bytes: The line, without its line feed.
    /// - Throws: ``Failure/refused(_:)``.
    func send(_ bytes: some Sequence<UInt8>) throws(Failure) {
        let line = bytes + [UInt8(ascii: "\n")]
        guard Glibc.send(descriptor, line, line.count, Int32(MSG_NOSIGNAL)) == line.count else {
            throw .refused(String(cString: strerror(errno)))
        }
    }

    /// Waits for the other side's next line.
    ///
    /// - Returns: The line, without its line feed.
    /// - Throws: ``Failure``.
    func nextLine() throws(Failure) -> [UInt8] {
        while true {
            if let end = received.firstIndex(of: UInt8(ascii: "\n")) {
                let line = Array(received[..<end])
                received.removeFirst(end + 1)
                return line
            }
            var chunk = [UInt8](repeating: 0, count: 65_536)
            let count = recv(descriptor, &chunk, chunk.count, 0)
            guard count > 0 else {
                if count == 0 { throw .closed }
                throw errno == EAGAIN ? .silent : .refused(String(cString: strerror(errno)))
            }
            received += chunk[..<count]
        }
    }
}
