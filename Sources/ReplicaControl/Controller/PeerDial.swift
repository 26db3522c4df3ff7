// Opens a connection to the peer and exchanges greetings, from either side.

internal import CheckpointStream
internal import ReplicaModel
internal import SystemKit

/// The first words of a connection.
enum PeerDial {
    /// How long connecting, and each answer of the greeting, may take.
    static let timeout: Milliseconds = 5_000
    /// How long TCP waits for an acknowledgement of sent data before it gives the connection up.
    static let userTimeout: Milliseconds = 10_000

    /// Connects to the peer's controller and greets it.
    ///
    /// - Parameter configuration: Where the peer is, and who this host is.
    /// - Returns: The connection, greeted.
    /// - Throws: ``SessionFailure`` that says whether the peer is away, refuses, or speaks another version.
    static func connect(_ configuration: Configuration) throws(SessionFailure) -> FrameConnection {
        let (connection, answer) = try connected { () throws(TransportError) in
            let transport = try TCPTransport.connect(
                host: configuration.peer.replicationAddress, port: configuration.peer.port, timeout: timeout,
                userTimeout: userTimeout)
            let connection = FrameConnection(transport)
            try connection.send(
                .hello(greeting(configuration, session: Clock.wall)), generation: .none, timeout: timeout)
            return (connection, try connection.receive(timeout: timeout))
        }
        switch answer.content {
        case .message(.welcome(let welcome)) where welcome.hostName == configuration.peer.name:
            return connection
        case .message(.welcome(let welcome)):
            throw SessionFailure(
                .unknownPeer,
                "\(configuration.peer.replicationAddress) answered as \(welcome.hostName), not as "
                    + "\(configuration.peer.name); mend [peer] name or replication_address")
        case .message(.refuse(let refusal)):
            throw SessionFailure(refusal)
        case .message, .bulk:
            throw SessionFailure(.protocolVersionMismatch, "the peer did not answer the greeting with a welcome")
        }
    }

    /// Answers the greeting of a peer that connected.
    ///
    /// - Throws: ``SessionFailure`` when it is not the configured peer or speaks another version; the peer was told.
    static func welcome(_ connection: FrameConnection, _ configuration: Configuration) throws(SessionFailure) {
        let first: ReceivedFrame
        do throws(TransportError) { first = try connection.receive(timeout: timeout) } catch {
            let failure = SessionFailure(error)
            if failure.reason == .protocolVersionMismatch {
                refuse(connection, failure, hint: "install the same release of replicactl on both hosts")
            }
            throw failure
        }
        guard case .message(.hello(let hello)) = first.content else {
            throw SessionFailure(.connectionLost, "\(connection.peer) did not begin with a greeting")
        }
        guard hello.hostName == configuration.peer.name else {
            let failure = SessionFailure(
                .unknownPeer,
                "\(configuration.ownName) has \(configuration.peer.name) as its peer, not \(hello.hostName)")
            refuse(connection, failure, hint: "mend [host] name on one side or [peer] name on the other")
            throw failure
        }
        do throws(TransportError) {
            try connection.send(
                .welcome(greeting(configuration, session: hello.session)), generation: .none, timeout: timeout)
        } catch { throw SessionFailure(error) }
    }

    /// Tells the peer why not, and ends the connection.
    static func refuse(_ connection: FrameConnection, _ failure: SessionFailure, hint: String) {
        connection.refuse(
            Refusal(
                reason: failure.reason.rawValue, message: String(failure.text.prefix(900)),
                hint: String(hint.prefix(900))),
            generation: .none, timeout: timeout)
    }

    private static func greeting(_ configuration: Configuration, session: UInt64) -> Greeting {
        Greeting(softwareVersion: Version.current, hostName: configuration.ownName, session: session)
    }
}
