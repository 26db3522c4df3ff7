import Glibc
import ReplicaModel
import SystemKit
import Testing

@testable import Witness

/// What several suites need.
enum Fixtures {
    static let domain = DomainIdentity(high: 0x1111_2222_3333_4444, low: 0x5555_6666_7777_8888)

    /// A domain of a test's own.
    static func freshDomain() -> DomainIdentity {
        DomainIdentity(high: .random(in: 1 ... .max), low: .random(in: 1 ... .max))
    }

    static func record(_ owner: String, _ generation: UInt64, _ replica: String? = nil) -> WitnessRecord {
        WitnessRecord(owner: owner, generation: Generation(rawValue: generation), replica: replica)
    }

    static func configuration(
        _ endpoints: [String], host: String = "xen1", identity: WitnessConfiguration.Identity? = nil,
        timeout: Milliseconds = 10_000, presence: Int = 2
    ) throws -> WitnessConfiguration {
        // OpenSSL writes to connections that may have closed.
        SignalSet.ignoreBrokenPipes()
        return try WitnessConfiguration(
            cluster: "lab", host: host, endpoints: endpoints, identity: identity, timeout: timeout,
            presenceSeconds: presence)
    }

    static func temporaryDirectory() throws -> String {
        var template = Array("/tmp/replicactl-test-XXXXXX".utf8CString)
        return String(cString: try #require(mkdtemp(&template)))
    }

    static func removeDirectory(_ path: String) {
        _ = try? ProcessRun.run(path: "/bin/rm", arguments: ["-rf", path], timeout: 10_000_000_000, grace: 0)
    }

    /// Different ports that nobody listens on at this moment.
    static func freePorts(_ count: Int) throws -> [UInt16] {
        var sockets: [Int32] = []
        defer { for socket in sockets { close(socket) } }
        return try (0..<count).map { _ in
            let (socket, port) = try Loopback.bound()
            sockets.append(socket)
            return port
        }
    }
}

/// Sockets on 127.0.0.1.
enum Loopback {
    /// A socket bound to a port of the kernel's choice.
    static func bound() throws -> (socket: Int32, port: UInt16) {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        let socket = Glibc.socket(AF_INET, type, 0)
        try #require(socket >= 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(socket, pointer, length) == 0 ? getsockname(socket, pointer, &length) : -1
            }
        }
        try #require(result == 0)
        return (socket, UInt16(bigEndian: address.sin_port))
    }
}
