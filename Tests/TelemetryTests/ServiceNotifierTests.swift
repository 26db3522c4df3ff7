import Glibc
import Testing

@testable import Telemetry

/// Serialized: the notification socket is named by an environment variable of the whole process.
@Suite(.serialized) struct ServiceNotifierTests {
    @Test func statesReachTheServiceManager() throws {
        let socket = try NotificationSocket()
        ServiceNotifier.ready(status: "1 domain\nprotected")
        #expect(socket.receive() == "READY=1\nSTATUS=1 domain protected")
        ServiceNotifier.stopping()
        #expect(socket.receive() == "STOPPING=1")
        ServiceNotifier.watchdog()
        #expect(socket.receive() == "WATCHDOG=1")
    }

    @Test func withoutAServiceManagerThereIsNoWatchdog() {
        unsetenv("WATCHDOG_USEC")
        #expect(ServiceNotifier.watchdogInterval == nil)
        setenv("WATCHDOG_USEC", "2000000", 1)
        defer { unsetenv("WATCHDOG_USEC") }
        #expect(ServiceNotifier.watchdogInterval == 2_000_000_000)
    }
}

/// A service manager's side of the notification protocol.
private final class NotificationSocket {
    private let descriptor: Int32
    private let path: String

    init() throws {
        path = "/tmp/replicactl-notify-\(getpid())"
        unlink(path)
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(result == 0)
        setenv("NOTIFY_SOCKET", path, 1)
    }

    deinit {
        unsetenv("NOTIFY_SOCKET")
        close(descriptor)
        unlink(path)
    }

    func receive() -> String {
        var buffer = [UInt8](repeating: 0, count: 512)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self)
    }
}
