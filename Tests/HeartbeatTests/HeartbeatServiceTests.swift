import Glibc
import ReplicaModel
import Synchronization
import SystemKit
import Telemetry
import Testing

@testable import Heartbeat

/// Collects what a client is called back with; waits by looking, with a bound.
private final class Observer: Sendable {
    private struct State {
        var newest: HeartbeatReport?
        var lost = 0
    }

    private let state = Mutex(State())

    func take(_ report: HeartbeatReport) { state.withLock { $0.newest = report } }

    func lose() { state.withLock { $0.lost += 1 } }

    var newest: HeartbeatReport? { state.withLock { $0.newest } }

    var lost: Int { state.withLock { $0.lost } }

    /// Waits until a report fulfils a condition; the bound is far above any time that the service needs.
    func report(where condition: (HeartbeatReport) -> Bool) throws -> HeartbeatReport {
        for _ in 0..<20_000 {
            if let report = newest, condition(report) { return report }
            Clock.sleep(milliseconds: 1)
        }
        return try #require(
            nil as HeartbeatReport?, "no report fulfilled the condition; the newest is \(newest as Any)")
    }
}

/// One host of a pair on the loopback network, with its own thread and a client.
private final class LoopbackHost: Sendable {
    let observer = Observer()
    let configuration: HeartbeatConfiguration
    private let service: HeartbeatService
    private let thread = Mutex<SystemKit.Thread?>(nil)
    private let directory: ScratchDirectory

    init(
        _ own: String, _ peer: String, address: String, peerAddress: String, port: UInt16, key: HeartbeatKey = makeKey()
    ) throws {
        directory = try ScratchDirectory()
        let paths = [PathNetwork.lan, .replication].enumerated().map { index, network in
            HeartbeatPath(
                name: "path\(index)", network: network, localAddress: address, peerAddress: peerAddress,
                port: port + UInt16(index), carrierInterface: "lo")
        }
        var configuration = HeartbeatConfiguration(ownName: own, peerName: peer, paths: paths)
        configuration.interval = 20
        configuration.misses = 25
        configuration.realtimePriority = nil
        configuration.socketPath = "/tmp/replicactl-heartbeat-\(getpid())-\(port)-\(own).sock"
        configuration.keyPath = directory.path + "/key"
        let file = try FileDescriptor(
            owning: checked(open(configuration.keyPath, O_WRONLY | O_CREAT | O_EXCL, 0o600), "open"))
        try file.writeAll(key.text)
        self.configuration = configuration
        service = try HeartbeatService(configuration: configuration)
        let service = service
        var started: SystemKit.Thread? = try SystemKit.Thread(name: "service") { try? service.run() }
        thread.withLock { $0 = started.take() }
    }

    func client() throws -> HeartbeatClient {
        let observer = observer
        return try HeartbeatClient(
            socketPath: configuration.socketPath, silence: 2000, onReport: { observer.take($0) },
            onLost: { observer.lose() })
    }

    func stop() {
        service.stop()
        let thread = thread.withLock { $0.take() }
        thread?.join()
    }
}

@Suite(.serialized, .timeLimit(.minutes(2)), .enabled(if: InterfaceCarrier.isPresent(on: "lo")))
struct HeartbeatServiceTests {
    init() { Log.setMinimumLevel(.error) }

    private func pair(port: UInt16) throws -> (LoopbackHost, LoopbackHost) {
        let alpha = try LoopbackHost("alpha", "beta", address: "127.0.0.1", peerAddress: "127.0.0.2", port: port)
        let beta = try LoopbackHost("beta", "alpha", address: "127.0.0.2", peerAddress: "127.0.0.1", port: port)
        return (alpha, beta)
    }

    @Test func claimsTravelAndAStoppedPeerIsDeclaredDead() throws {
        let (alpha, beta) = try pair(port: 37_100)
        let primary = try alpha.client()
        let backup = try beta.client()
        defer {
            primary.stop()
            backup.stop()
            alpha.stop()
        }
        let serial = primary.send(claims: claims(claim(.protecting)))
        backup.send(claims: claims(claim(.armed)))

        let atBackup = try beta.observer.report { $0.peerClaims == claims(claim(.protecting)) && $0.verdict == .alive }
        #expect(atBackup.peerControllerConnected == true)
        let atPrimary = try alpha.observer.report {
            $0.confirmedSendTime(for: someDomain, generation: Generation(rawValue: 3)) != nil
                && $0.paths.allSatisfy { $0.lastEchoOfOurs != nil } && $0.claimsSerial >= serial
        }
        // The echo names a moment of this host's own past.
        #expect(try #require(atPrimary.newestEchoOfOurs) < atPrimary.time)
        #expect(atPrimary.paths.map(\.name) == ["path0", "path1"])
        #expect(atPrimary.paths.allSatisfy { $0.localCarrier && $0.roundTrip != nil && !$0.isSilent })
        #expect(atPrimary.peerCarriers == NetworkCarriers(lan: true, replication: true))
        #expect(atPrimary.peerClaims == claims(claim(.armed)))

        beta.stop()
        let dead = try alpha.observer.report { if case .dead = $0.verdict { true } else { false } }
        #expect(dead.peerShuttingDown)
        #expect(dead.time.nanoseconds(since: try #require(dead.newestHeard)) >= 500_000_000)
    }

    @Test func deadControllerIsToldApartFromADeadHost() throws {
        let (alpha, beta) = try pair(port: 37_110)
        defer {
            alpha.stop()
            beta.stop()
        }
        let backup = try beta.client()
        defer { backup.stop() }
        let primary = try alpha.client()
        primary.send(claims: claims(claim(.protecting)))
        _ = try beta.observer.report { $0.peerControllerConnected == true && !$0.peerClaims.isEmpty }

        primary.stop()
        let alone = try beta.observer.report { $0.peerControllerConnected == false }
        #expect(alone.verdict == .alive)
        #expect(alone.peerClaims == claims(claim(.protecting)))
        #expect(alone.peerClaimsStale)

        let next = try alpha.client()
        defer { next.stop() }
        _ = try beta.observer.report { $0.peerControllerConnected == true && $0.peerClaimsStale }
        next.send(claims: claims(claim(.unprotected)))
        let back = try beta.observer.report { !$0.peerClaimsStale }
        #expect(back.peerClaims == claims(claim(.unprotected)))
    }

    @Test func controllerThatDoesNotReadIsToldApartAsGone() throws {
        let (alpha, beta) = try pair(port: 37_150)
        let backup = try beta.client()
        let hangs = Atomic(true)
        let observer = alpha.observer
        let primary = try HeartbeatClient(
            socketPath: alpha.configuration.socketPath, silence: 2000,
            onReport: { report in
                while hangs.load(ordering: .acquiring) { Clock.sleep(milliseconds: 5) }
                observer.take(report)
            }, onLost: { observer.lose() })
        defer {
            primary.stop()
            backup.stop()
            alpha.stop()
            beta.stop()
        }
        primary.send(claims: claims(claim(.protecting)))
        let hung = try beta.observer.report { $0.peerControllerConnected == false && $0.peerClaimsStale }
        #expect(hung.verdict == .alive)
        hangs.store(false, ordering: .releasing)
        _ = try beta.observer.report { $0.peerControllerConnected == true && !$0.peerClaimsStale }
        #expect(alpha.observer.lost == 1)
    }

    @Test func restartedServiceGetsTheClaimsAgainUnderANewSession() throws {
        let (alpha, beta) = try pair(port: 37_120)
        let primary = try alpha.client()
        let backup = try beta.client()
        defer {
            primary.stop()
            backup.stop()
            beta.stop()
        }
        primary.send(claims: claims(claim(.protecting)))
        let before = try beta.observer.report { $0.peerClaims == claims(claim(.protecting)) }

        alpha.stop()
        let again = try LoopbackHost("alpha", "beta", address: "127.0.0.1", peerAddress: "127.0.0.2", port: 37_120)
        defer { again.stop() }
        let after = try beta.observer.report {
            $0.peerSession != before.peerSession && $0.peerClaims == claims(claim(.protecting)) && !$0.peerShuttingDown
        }
        #expect(after.peerControllerConnected == true)
        #expect(alpha.observer.lost == 1)
    }

    @Test func secondServiceOnTheSameSocketIsRefused() throws {
        let (alpha, beta) = try pair(port: 37_130)
        defer {
            alpha.stop()
            beta.stop()
        }
        let client = try alpha.client()
        defer { client.stop() }
        _ = try alpha.observer.report { _ in true }
        var configuration = alpha.configuration
        configuration.paths = configuration.paths.map {
            var path = $0
            path.port += 50
            return path
        }
        let second = try HeartbeatService(configuration: configuration)
        #expect(throws: HeartbeatError.self) { try second.run() }
        _ = try alpha.observer.report { $0.verdict == .alive }
    }

    @Test func twoPairsOfTheSameNamesAndAddressesRefuseEachOtherByTheirKeys() throws {
        let alpha = try LoopbackHost("alpha", "beta", address: "127.0.0.1", peerAddress: "127.0.0.2", port: 37_160)
        let beta = try LoopbackHost(
            "beta", "alpha", address: "127.0.0.2", peerAddress: "127.0.0.1", port: 37_160, key: makeKey(8))
        let client = try alpha.client()
        defer {
            client.stop()
            alpha.stop()
            beta.stop()
        }
        let report = try alpha.observer.report { $0.refusals[.authentication] > 20 }
        #expect(report.verdict == .unknown)
        #expect(report.peerSession == nil)
        #expect(report.paths.allSatisfy { $0.received == 0 })
    }

    @Test func foreignAndBrokenDatagramsAreCountedAndChangeNothing() throws {
        let (alpha, beta) = try pair(port: 37_140)
        let client = try alpha.client()
        defer {
            client.stop()
            alpha.stop()
        }
        _ = try alpha.observer.report { $0.verdict == .alive }
        beta.stop()
        let before = try alpha.observer.report { $0.verdict.isDead }
        // On the peer's address and port, but for the stranger.
        let good = peerDatagram(sequence: 1, claims: claims(claim(.active))).bytes()
        let forged = good.dropLast(4) + [1, 2, 3, 4]
        let cases: [(DatagramRefusal, [UInt8], String)] = [
            (.address, good, "127.0.0.3"), (.hostName, peerDatagram(sequence: 1, name: "gamma").bytes(), "127.0.0.2"),
            (.network, peerDatagram(sequence: 1, network: .replication).bytes(), "127.0.0.2"),
            (.authentication, Array(forged), "127.0.0.2"), (.length, Array(good.dropLast()), "127.0.0.2"),
            (.magic, good.map { $0 ^ 0x5A }, "127.0.0.2"), (.unprovenSession, good, "127.0.0.2"),
        ]
        for (reason, bytes, address) in cases {
            let counted = before.refusals[reason]
            let stranger = try RawSender(address: address, port: 37_140)
            #expect(stranger.send(bytes, to: "127.0.0.1", port: 37_140))
            let after = try alpha.observer.report { $0.refusals[reason] == counted + 1 }
            #expect(after.verdict == before.verdict, "\(reason)")
            #expect(after.peerClaims == before.peerClaims, "\(reason)")
            #expect(after.paths.map(\.lastHeard) == before.paths.map(\.lastHeard), "\(reason)")
        }
    }

    /// Records a real service's datagrams, ends it, and plays them back on its own address.
    @Test func recordedDatagramsChangeNothing() throws {
        let tape = try RawSender(address: "127.0.0.4", port: 37_170)
        let alpha = try LoopbackHost("alpha", "beta", address: "127.0.0.1", peerAddress: "127.0.0.2", port: 37_170)
        // This beta thinks that alpha is where the recorder listens, so that its datagrams are recorded and not heard.
        let recorded = try LoopbackHost("beta", "alpha", address: "127.0.0.2", peerAddress: "127.0.0.4", port: 37_170)
        let recordedController = try recorded.client()
        recordedController.send(claims: claims(claim(.active)))
        let recordings = (0..<20).compactMap { _ in tape.receive() }
        #expect(recordings.count == 20)
        recordedController.stop()
        recorded.stop()

        let beta = try LoopbackHost("beta", "alpha", address: "127.0.0.2", peerAddress: "127.0.0.1", port: 37_170)
        let client = try alpha.client()
        defer {
            client.stop()
            alpha.stop()
        }
        let before = try alpha.observer.report { $0.verdict == .alive }
        beta.stop()
        let dead = try alpha.observer.report { $0.verdict.isDead }
        let player = try RawSender(address: "127.0.0.2", port: 37_170)
        for bytes in recordings { #expect(player.send(bytes, to: "127.0.0.1", port: 37_170)) }
        let after = try alpha.observer.report { $0.refusals[.unprovenSession] >= dead.refusals[.unprovenSession] + 20 }
        #expect(after.verdict == dead.verdict)
        #expect(after.peerSession == before.peerSession)
        #expect(after.peerClaims.isEmpty)
    }
}
