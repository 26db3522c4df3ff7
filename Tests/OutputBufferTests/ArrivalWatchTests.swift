import Glibc
import Synchronization
import SystemKit
import TestSupport
import Testing

@testable import OutputBuffer

@Suite struct ArrivalWatchTests {
    /// Whether packet sockets can be opened on a loopback device of our own; needs root.
    private static let isAvailable =
        (try? PrivateNetwork.run { () -> Bool in
            try Loopback.setUp()
            try ArrivalWatch(interfaces: ["lo"]) {}.stop()
            return true
        }) == true

    /// Counts what it is told, and lets a thread wait for it.
    private final class Counter: Sendable {
        private let count = Mutex(0)
        private let told = Mailbox<Void>(capacity: 64)

        var value: Int { count.withLock { $0 } }

        func add() {
            count.withLock { $0 += 1 }
            told.post(())
        }

        /// Waits for one more; `false` when none came.
        func wait(seconds: UInt64 = 20) -> Bool { told.next(before: Clock.monotonic + seconds * 1_000_000_000) != nil }
    }

    @Test(.enabled(if: isAvailable, "needs root and packet sockets"))
    func theFirstFrameOfARoundIsToldOnceAndTheOthersNot() throws {
        let result = try PrivateNetwork.run { () -> [Int] in
            try Loopback.setUp()
            let counter = Counter()
            let watch = try ArrivalWatch(interfaces: ["lo"]) { counter.add() }
            defer { watch.stop() }
            #expect(watch.oldest == nil)
            Loopback.send(frames: 300)
            #expect(counter.wait())
            let first = try #require(watch.oldest)
            Loopback.send(frames: 300)
            #expect(watch.oldest == first)
            #expect(watch.closeRound() == first)
            #expect(watch.oldest == nil)
            let before = counter.value
            // Nothing was sent since: the round that begins now has seen nothing.
            watch.openRound()
            #expect(watch.closeRound() == nil)
            watch.openRound()
            Loopback.send(frames: 1)
            #expect(counter.wait())
            return [before, counter.value]
        }
        #expect(result == [1, 2])
    }

    @Test(.enabled(if: isAvailable, "needs root and packet sockets"))
    func aFrameBetweenTwoRoundsIsOneOfTheNext() throws {
        let isSeen = try PrivateNetwork.run { () -> Bool in
            try Loopback.setUp()
            let counter = Counter()
            let watch = try ArrivalWatch(interfaces: ["lo"]) { counter.add() }
            defer { watch.stop() }
            Loopback.send(frames: 1)
            guard counter.wait() else { return false }
            _ = watch.closeRound()
            Loopback.send(frames: 1)
            watch.openRound()
            return counter.wait() && watch.oldest != nil
        }
        #expect(isSeen)
    }

    @Test func anInterfaceThatIsNotThereIsNamed() {
        #expect(throws: OutputBufferError.noSuchInterface("vif99.9")) {
            _ = try ArrivalWatch(interfaces: ["vif99.9"]) {}
        }
    }

    @Test func aGuestWithoutInterfacesSendsNothing() throws {
        let watch = try ArrivalWatch(interfaces: []) {}
        #expect(watch.closeRound() == nil)
        watch.openRound()
        watch.stop()
    }
}

/// The loopback device of the calling thread's network.
private enum Loopback {
    static func setUp() throws {
        let socket = try RouteSocket()
        guard let link = try socket.link(named: "lo") else { throw RouteFailure.noDevice }
        try socket.setUp(link)
    }

    /// Sends datagrams to a port where nobody listens.
    static func send(frames: Int) {
        let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(9).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        for _ in 0..<frames {
            var byte: UInt8 = 1
            withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    _ = sendto(descriptor, &byte, 1, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
    }
}
