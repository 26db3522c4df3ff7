import Glibc
import Heartbeat
import Synchronization
import SystemKit

/// What the soak starts of itself in processes of their own; each ends when the soak does.
enum Role {
    /// The real service, as `replicactl heartbeat` runs it.
    static func service(_ side: SoakSide, directory: String) throws -> Int32 {
        try endWithTheSoak()
        try HeartbeatService(configuration: side.configuration(directory: directory)).run()
        return 0
    }

    /// Keeps every processor busy.
    static func burn() throws -> Int32 {
        try endWithTheSoak()
        for _ in 0..<sysconf(Int32(_SC_NPROCESSORS_ONLN)) { try Thread(name: "burn") { burnForEver() }.detach() }
        while true { pause() }
    }

    private static func burnForEver() {
        // A store that others could see: a loop without any effect may be taken out by the compiler.
        let count = Atomic<UInt64>(0)
        while true { count.wrappingAdd(1, ordering: .relaxed) }
    }

    /// Keeps both links of a host full in its direction.
    static func flood(_ side: SoakSide) throws -> Int32 {
        try endWithTheSoak()
        for index in SoakSide.networks.indices {
            try Thread(name: "flood") { floodForEver(from: side.address(on: index), to: side.peer.address(on: index)) }
                .detach()
        }
        while true { pause() }
    }

    /// Sends as fast as the link takes it; what arrives here from the other side is never read, and dropped.
    private static func floodForEver(from: String, to: String) {
        let socket = FileDescriptor(owning: Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0))
        var own = name(from)
        var peer = name(to)
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafePointer(to: &own) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket.number, $0, size) == 0 }
        }
        guard isBound else { return say("heartbeat-soak: flood: bind \(from): \(SystemError.last("bind"))") }
        let bytes = [UInt8](repeating: 0xA5, count: 1400)
        while true {
            let sent = withUnsafePointer(to: &peer) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    sendto(socket.number, bytes, bytes.count, 0, $0, size)
                }
            }
            // A full queue, or a neighbour that is still looked for.
            if sent < 0 { Clock.sleep(milliseconds: 1) }
        }
    }

    private static func name(_ address: String) -> sockaddr_in {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = in_port_t(9).bigEndian
        inet_pton(AF_INET, address, &name.sin_addr)
        return name
    }

    /// Ends the process when the one that started it is gone: then its standard input ends.
    private static func endWithTheSoak() throws {
        try Thread(name: "watch") {
            var byte: UInt8 = 0
            while read(STDIN_FILENO, &byte, 1) < 0 && errno == EINTR {}
            _exit(0)
        }.detach()
    }
}
