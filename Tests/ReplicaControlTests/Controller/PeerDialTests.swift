import CheckpointStream
import ReplicaModel
import SystemKit
import Testing

@testable import ReplicaControl

/// The first words of a connection, each side against the other and against strangers.
@Suite struct PeerDialTests {
    private let listener: TCPListener

    init() throws { listener = try TCPListener(host: "127.0.0.1", port: 0, userTimeout: LoopbackPair.patience) }

    private func configuration(own: String = "xen1", peer: String = "xen2") -> Configuration {
        var configuration = Configuration()
        configuration.host.name = own
        configuration.peer = .init(name: peer, replicationAddress: "127.0.0.1", port: listener.port)
        return configuration
    }

    /// The failure of a dial, or `nil`.
    private func dial(_ configuration: Configuration) -> SessionFailure? {
        do throws(SessionFailure) {
            try PeerDial.connect(configuration).shutdown()
            return nil
        } catch { return error }
    }

    /// Answers one connection on a thread of its own.
    private func answer(
        _ body: @escaping @Sendable (FrameConnection) throws(SessionFailure) -> Void
    ) throws -> Background<SessionFailure?> {
        let listener = listener
        return try Background {
            do throws(SessionFailure) {
                let transport = try connected { () throws(TransportError) in try listener.accept() }
                try body(FrameConnection(transport))
                return nil
            } catch { return error }
        }
    }

    private func welcome(as configuration: Configuration) throws -> Background<SessionFailure?> {
        try answer { connection throws(SessionFailure) in try PeerDial.welcome(connection, configuration) }
    }

    /// Answers a greeting with bytes that this release would not send.
    private func answer(with header: [UInt8]) throws -> Background<SessionFailure?> {
        let listener = listener
        return try Background {
            do throws(SessionFailure) {
                try connected { () throws(TransportError) in
                    let transport = try listener.accept()
                    try transport.send(header)
                    // Until the other side has closed: a reset could overtake the answer.
                    _ = TransportError.thrown { () throws(TransportError) in
                        while true { _ = try transport.receive(1) }
                    }
                }
                return nil
            } catch { return error }
        }
    }

    @Test func greetsItsPeer() throws {
        let other = try welcome(as: configuration(own: "xen2", peer: "xen1"))
        let connection = try PeerDial.connect(configuration())
        let failure = try #require(other.wait())
        #expect(failure == nil)
        // Both sides have counted two frames: the next word is understood.
        #expect(connection.counters.framesSent == 1)
        #expect(connection.counters.framesReceived == 1)
    }

    @Test func refusesAHostThatIsNotItsPeer() throws {
        let other = try welcome(as: configuration(own: "xen2", peer: "xen3"))
        let failure = try #require(dial(configuration()))
        #expect(failure.reason == .unknownPeer)
        #expect(failure.text.contains("xen2 has xen3 as its peer, not xen1"))
        #expect(failure.text.contains("mend [host] name on one side or [peer] name on the other"))
        #expect(try #require(other.wait())?.reason == .unknownPeer)
    }

    @Test func doesNotTakeAnotherHostForItsPeer() throws {
        let other = try welcome(as: configuration(own: "xen9", peer: "xen1"))
        let failure = try #require(dial(configuration()))
        #expect(failure.reason == .unknownPeer)
        #expect(failure.text.contains("127.0.0.1 answered as xen9, not as xen2"))
        #expect(try #require(other.wait()) == nil)
    }

    @Test func tellsItsPeersRefusalInThePeersWords() throws {
        let other = try answer { connection throws(SessionFailure) in
            _ = try connected { () throws(TransportError) in try connection.receive(timeout: LoopbackPair.patience) }
            PeerDial.refuse(connection, SessionFailure(.busy, "too many connections"), hint: "wait")
        }
        #expect(dial(configuration()) == SessionFailure(.busy, "too many connections; wait"))
        #expect(try #require(other.wait()) == nil)
    }

    @Test func tellsAPeerOfAnotherVersionWhenItDials() throws {
        let other = try answer(with: FrameSample.header(.welcome, version: FrameHeader.version + 1))
        let failure = try #require(dial(configuration()))
        #expect(failure.reason == .protocolVersionMismatch)
        #expect(failure.text.contains("install the same release of replicactl on both hosts"))
        #expect(try #require(other.wait()) == nil)
    }

    @Test func refusesAPeerOfAnotherVersionThatDialsIt() throws {
        let configuration = configuration(own: "xen2", peer: "xen1")
        let other = try welcome(as: configuration)
        let transport = try TCPTransport.connect(
            host: "127.0.0.1", port: listener.port, timeout: LoopbackPair.patience, userTimeout: LoopbackPair.patience)
        try transport.send(FrameSample.header(.hello, version: FrameHeader.version + 1))
        let answer = try FrameConnection(transport).receive(timeout: LoopbackPair.patience)
        transport.shutdown()
        guard case .message(.refuse(let refusal)) = answer.content else {
            Issue.record("the answer is \(answer.content)")
            return
        }
        #expect(refusal.reason == ReasonCode.protocolVersionMismatch.rawValue)
        #expect(
            refusal.message.contains(
                "the peer speaks protocol version \(FrameHeader.version + 1) and this host version \(FrameHeader.version)"
            ))
        #expect(refusal.hint == "install the same release of replicactl on both hosts")
        #expect(try #require(other.wait())?.reason == .protocolVersionMismatch)
    }

    @Test func aWordThatIsNoGreetingEndsTheConnection() throws {
        let other = try welcome(as: configuration(own: "xen2", peer: "xen1"))
        let transport = try TCPTransport.connect(
            host: "127.0.0.1", port: listener.port, timeout: LoopbackPair.patience, userTimeout: LoopbackPair.patience)
        try FrameConnection(transport).send(.handover, generation: .none, timeout: LoopbackPair.patience)
        let failure = try #require(other.wait())
        #expect(failure?.reason == .connectionLost)
        #expect(failure?.text.hasSuffix("did not begin with a greeting") == true)
    }

    @Test func anAnswerThatIsNoWelcomeEndsTheConnection() throws {
        let other = try answer { connection throws(SessionFailure) in
            try connected { () throws(TransportError) in
                try connection.send(.ready, generation: .none, timeout: LoopbackPair.patience)
                _ = try connection.receive(timeout: LoopbackPair.patience)
            }
        }
        #expect(dial(configuration())?.reason == .protocolVersionMismatch)
        #expect(try #require(other.wait()) == nil)
    }

    @Test func aPeerThatClosesIsAbsent() throws {
        let other = try answer { connection throws(SessionFailure) in connection.shutdown() }
        #expect(dial(configuration())?.reason == .connectionLost)
        #expect(try #require(other.wait()) == nil)
    }

    @Test func anAddressWhereNothingListensIsUnreachable() {
        var configuration = configuration()
        // Bound and not listened on any more: nobody answers there.
        listener.stop()
        configuration.peer.port = listener.port
        #expect(dial(configuration)?.reason == .peerUnreachable)
    }

    /// Both sides wait for a word of the other for the bound and no longer.
    @Test func silenceEndsTheGreeting() throws {
        let other = try welcome(as: configuration(own: "xen2", peer: "xen1"))
        let silent = try TCPTransport.connect(
            host: "127.0.0.1", port: listener.port, timeout: LoopbackPair.patience, userTimeout: LoopbackPair.patience)
        // The kernel takes this connection; nobody accepts it.
        let deaf = try TCPListener(host: "127.0.0.1", port: 0, userTimeout: LoopbackPair.patience)
        var configuration = configuration()
        configuration.peer.port = deaf.port
        #expect(dial(configuration) == SessionFailure(TransportError.timedOut))
        #expect(try #require(other.wait()) == SessionFailure(TransportError.timedOut))
        silent.shutdown()
    }
}
