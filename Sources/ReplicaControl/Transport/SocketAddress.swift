internal import Glibc
internal import SystemKit

/// One IPv4 or IPv6 address with a port, in the form that the socket calls take.
struct SocketAddress: Sendable {
    /// Why a name has no address.
    struct LookupFailure: Error { let reason: String }

    private let family: Int32
    private let bytes: [UInt8]

    /// Looks up a name or a numeric address.
    ///
    /// - Parameters:
    ///   - host: A name, or a numeric IPv4 or IPv6 address.
    ///   - port: The port.
    ///   - passive: The address is to be listened on.
    /// - Returns: The addresses in the order to try them, at least one.
    static func resolve(host: String, port: UInt16, passive: Bool) -> Result<[SocketAddress], LookupFailure> {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICSERV | (passive ? AI_PASSIVE : 0)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &list)
        guard code == 0 else { return .failure(LookupFailure(reason: String(cString: gai_strerror(code)))) }
        defer { freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var next = list
        while let entry = next?.pointee {
            let content = UnsafeRawBufferPointer(start: entry.ai_addr, count: Int(entry.ai_addrlen))
            addresses.append(SocketAddress(family: entry.ai_family, bytes: Array(content)))
            next = entry.ai_next
        }
        return .success(addresses)
    }

    /// Connects a new socket.
    ///
    /// - Parameter deadline: Nanoseconds of `Clock.monotonic`.
    /// - Returns: A connected socket.
    /// - Throws: `SystemError` of `connect`, with `ETIMEDOUT` at the deadline.
    func connect(deadline: UInt64) throws(SystemError) -> FileDescriptor {
        let socket = try open()
        do throws(SystemError) {
            try call("connect") { Glibc.connect(socket.number, $0, $1) }
        } catch {
            guard error.code == EINPROGRESS else { throw error }
            guard try Readiness.wait(socket.number, POLLOUT, until: deadline) else {
                throw SystemError(code: ETIMEDOUT, call: "connect")
            }
            var code: Int32 = 0
            var size = socklen_t(MemoryLayout<Int32>.size)
            try retrying("getsockopt SO_ERROR") { getsockopt(socket.number, SOL_SOCKET, SO_ERROR, &code, &size) }
            guard code == 0 else { throw SystemError(code: code, call: "connect") }
        }
        return socket
    }

    /// Makes a listening socket.
    func listen() throws(SystemError) -> FileDescriptor {
        let socket = try open()
        // A restarted service takes its port back at once.
        try TCPTransport.set(socket.number, SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR")
        if family == AF_INET6 {
            // "::" serves IPv4 peers too.
            try TCPTransport.set(socket.number, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 0, "IPV6_V6ONLY")
        }
        try call("bind") { Glibc.bind(socket.number, $0, $1) }
        try retrying("listen") { Glibc.listen(socket.number, 16) }
        return socket
    }

    private func open() throws(SystemError) -> FileDescriptor {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        return FileDescriptor(owning: try retrying("socket") { socket(family, type, 0) })
    }

    private func call(
        _ name: String, _ body: (UnsafePointer<sockaddr>?, socklen_t) -> Int32
    ) throws(SystemError) {
        try retrying(name) {
            bytes.withUnsafeBytes {
                body($0.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
            }
        }
    }

    /// The numeric address and port of a socket's peer.
    static func peer(of socket: Int32) -> String { describe { getpeername(socket, $0, $1) }.text }

    /// The port that a socket is bound to.
    static func port(of socket: Int32) -> UInt16 { describe { getsockname(socket, $0, $1) }.port }

    private static func describe(
        _ query: (UnsafeMutablePointer<sockaddr>?, UnsafeMutablePointer<socklen_t>) -> Int32
    ) -> (text: String, port: UInt16) {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutableBytes(of: &storage) { raw in
            let address = raw.baseAddress?.assumingMemoryBound(to: sockaddr.self)
            var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            var service = [CChar](repeating: 0, count: Int(NI_MAXSERV))
            guard query(address, &size) == 0,
                getnameinfo(
                    address, size, &host, socklen_t(host.count), &service, socklen_t(service.count),
                    NI_NUMERICHOST | NI_NUMERICSERV) == 0
            else { return ("unknown", 0) }
            let name = text(host)
            let port = text(service)
            return (name.contains(":") ? "[\(name)]:\(port)" : "\(name):\(port)", UInt16(port) ?? 0)
        }
    }

    private static func text(_ buffer: [CChar]) -> String {
        String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
