import ReplicaModel
import Testing

@testable import Heartbeat

@Suite struct HeartbeatConfigurationTests {
    @Test func defaultsAreValidAndTakeOverWithinSixTenthsOfASecond() throws {
        let configuration = pairConfiguration(own: "alpha", peer: "beta")
        try configuration.check()
        // The last datagram may be sent just before the death; the verdict waits for a beat.
        let verdict = configuration.timeout.rawValue + configuration.interval.rawValue
        let activation =
            configuration.lease.rawValue + configuration.driftMargin.rawValue + configuration.interval.rawValue
        #expect(max(verdict, activation) <= 600)
    }

    private typealias Change = @Sendable (inout HeartbeatConfiguration) -> Void

    private static let faults: [Change] = [
        { $0.ownName = "" }, { $0.peerName = "a b" }, { $0.peerName = $0.ownName }, { $0.interval = 9 },
        { $0.keyPath = "" }, { $0.keyPath = "heartbeat.key" },
        { $0.interval = 1001 }, { $0.misses = 2 }, { $0.misses = 101 }, { $0.lease = 149 },
        { $0.lease = 60_001 }, { $0.driftMargin = 3 }, { $0.driftMargin = 0 }, { $0.driftMargin = 60_001 },
        { $0.realtimePriority = 0 }, { $0.realtimePriority = 100 }, { $0.paths = [] },
        { $0.paths = Array(repeating: $0.paths[0], count: 5) }, { $0.paths[1].name = "lan" },
        { $0.paths[0].name = "" }, { $0.paths[0].name = String(repeating: "n", count: 33) },
        { $0.paths[0].port = 0 }, { $0.paths[0].carrierInterface = "../../../etc" },
        { $0.paths[0].carrierInterface = "sixteen-bytes-if" },
    ]

    @Test(arguments: faults.indices)
    func everyValueOutOfItsRangeIsRefused(index: Int) {
        var configuration = pairConfiguration(own: "alpha", peer: "beta")
        Self.faults[index](&configuration)
        #expect(throws: HeartbeatError.self) { try configuration.check() }
    }

    @Test(arguments: [("300.0.0.1", "192.0.2.2"), ("192.0.2.1", "peer.example"), ("192.0.2.1", "2001:db8::1")])
    func addressesMustBeNumericAndOfOneFamily(local: String, peer: String) {
        var path = pairConfiguration(own: "alpha", peer: "beta").paths[0]
        path.localAddress = local
        path.peerAddress = peer
        #expect(throws: HeartbeatError.self) { _ = try PathSocket(path, seal: makeSeal()) }
    }

    @Test func interfaceThatDoesNotExistHasNoCarrier() {
        #expect(!InterfaceCarrier.isPresent(on: "no-such-if"))
    }
}
