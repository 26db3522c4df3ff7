internal import CLinux
internal import Glibc

/// A listening socket with a path that only its owner may open; closed and removed once.
public struct UnixListener: ~Copyable, Sendable {
    private let descriptor: FileDescriptor
    private let path: String

    /// Starts to listen; makes the last directory of the path if it is missing.
    ///
    /// - Parameters:
    ///   - path: Where clients find it; a socket that a dead process left there is replaced.
    ///   - backlog: Connections that may wait to be accepted.
    /// - Throws: ``SystemError`` of the call that failed; `EADDRINUSE` when another process listens there.
    public init(path: String, backlog: Int32) throws(SystemError) {
        if let slash = path.lastIndex(of: "/"), slash != path.startIndex { _ = mkdir(String(path[..<slash]), 0o755) }
        try Self.removeStale(path)
        let descriptor = try UnixSocket.stream()
        let number = descriptor.number
        // Linux takes the mode of the path from the socket, so that at no time anyone else can open it.
        try retrying("fchmod") { fchmod(number, 0o600) }
        let result = try UnixSocket.withAddress(path) { address, length in bind(number, address, length) }
        guard result == 0 else { throw SystemError.last("bind \(path)") }
        try retrying("listen \(path)") { listen(number, backlog) }
        self.descriptor = descriptor
        self.path = path
    }

    deinit { _ = unlink(path) }

    /// Waits for the next connection.
    ///
    /// - Returns: The connection.
    /// - Throws: ``SystemError`` of `accept`; `EINVAL` after ``stop()``.
    public borrowing func accept() throws(SystemError) -> FileDescriptor {
        while true {
            let result = rc_accept(descriptor.number)
            if result >= 0 { return FileDescriptor(owning: result) }
            if result != -EINTR && result != -ECONNABORTED { throw SystemError(code: -result, call: "accept") }
        }
    }

    /// Makes ``accept()`` on another thread end with an error; no connection comes in any more.
    public borrowing func stop() { _ = shutdown(descriptor.number, Int32(SHUT_RDWR)) }

    private static func removeStale(_ path: String) throws(SystemError) {
        do {
            _ = try UnixSocket.connect(path: path)
        } catch {
            if error.code == ECONNREFUSED { unlink(path) }
            return
        }
        throw SystemError(code: EADDRINUSE, call: "listen \(path)")
    }
}
