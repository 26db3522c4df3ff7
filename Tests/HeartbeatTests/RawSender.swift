import Glibc
import SystemKit

/// A UDP socket on a loopback address, for bytes that no service would send.
final class RawSender: Sendable {
    private let socket: FileDescriptor

    init(address: String, port: UInt16) throws {
        let number = try retrying("socket") { Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0) }
        socket = FileDescriptor(owning: number)
        var name = Self.name(address, port)
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        try retrying("bind") {
            withUnsafePointer(to: &name) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(number, $0, size) }
            }
        }
        var patience = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(number, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    private static func name(_ address: String, _ port: UInt16) -> sockaddr_in {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        inet_pton(AF_INET, address, &name.sin_addr)
        return name
    }

    func send(_ bytes: [UInt8], to address: String, port: UInt16) -> Bool {
        var name = Self.name(address, port)
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let sent = withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(socket.number, bytes, bytes.count, 0, $0, size)
            }
        }
        return sent == bytes.count
    }

    /// The next datagram; `nil` when none came for ten seconds.
    func receive() -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 2048)
        let length = recv(socket.number, &bytes, bytes.count, 0)
        return length > 0 ? Array(bytes[..<length]) : nil
    }
}
