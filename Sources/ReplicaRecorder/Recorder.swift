internal import CheckpointStream
internal import ReplicaControl
internal import ReplicaModel
internal import SystemKit

/// Answers a primary as a backup would, and records what it sends.
final class Recorder: Sendable {
    private let options: RecorderOptions
    private let listener: TCPListener
    private let report: @Sendable (String) -> Void

    /// How long each word of the primary may take, but for the time between two epochs, which is the primary's to choose.
    private static let timeout: Milliseconds = 10_000

    /// The port that it listens on.
    var port: UInt16 { listener.port }

    /// Begins to listen.
    ///
    /// - Parameters:
    ///   - options: What to do.
    ///   - report: Takes one line for each step.
    /// - Throws: `CommandError` when it cannot listen there.
    init(_ options: RecorderOptions, report: @escaping @Sendable (String) -> Void) throws(CommandError) {
        self.options = options
        self.report = report
        do throws(TransportError) {
            listener = try TCPListener(host: options.address, port: options.port, userTimeout: Self.timeout)
        } catch {
            throw CommandError(
                .internalFault, "cannot listen on \(options.address) port \(options.port): \(error)",
                hint: "name an address of this machine with --listen, and a free port with --port")
        }
        report("listening on \(options.address) port \(listener.port)")
    }

    /// Serves connections until a domain is recorded, or a greeting was answered in another version.
    func run() throws(CommandError) {
        while true {
            let transport = try talk { () throws(TransportError) in try listener.accept() }
            let connection = FrameConnection(transport)
            defer { connection.shutdown() }
            let hello = try greeting(connection)
            if let version = options.version {
                try answer(hello, version: version, over: transport)
                return report("answered with protocol version \(version)")
            }
            try talk { () throws(TransportError) in
                try connection.send(.welcome(welcome(hello)), generation: .none, timeout: Self.timeout)
            }
            if try serve(connection) { return }
        }
    }

    // MARK: The greeting

    private func greeting(_ connection: FrameConnection) throws(CommandError) -> Greeting {
        let frame = try talk { () throws(TransportError) in try connection.receive(timeout: Self.timeout) }
        guard case .message(.hello(let hello)) = frame.content else {
            throw CommandError(.connectionLost, "\(connection.peer) did not begin with a greeting")
        }
        report("\(hello.hostName) (\(hello.softwareVersion)) connected from \(connection.peer)")
        return hello
    }

    private func welcome(_ hello: Greeting) -> Greeting {
        Greeting(softwareVersion: Version.current, hostName: options.name, session: hello.session)
    }

    /// Sends a welcome as another version of the protocol would: only the first eight bytes have the same place there.
    private func answer(_ hello: Greeting, version: UInt16, over transport: TCPTransport) throws(CommandError) {
        let message = Message.welcome(welcome(hello))
        let frame = try talk { () throws(TransportError) in
            do throws(StreamError) { return try Self.frame(message, version: version) } catch { throw .frame(error) }
        }
        try talk { () throws(TransportError) in
            try frame.span.bytes.withUnsafeBytes { (raw) throws(TransportError) in
                try transport.send(raw, UnsafeRawBufferPointer(start: nil, count: 0), timeout: Self.timeout)
            }
        }
        drain(transport)
    }

    private static func frame(_ message: Message, version: UInt16) throws(StreamError) -> [UInt8] {
        let payload = try message.encode()
        let header = FrameHeader(
            type: message.type, payloadLength: payload.count, generation: .none, epoch: .none, sequence: 1,
            payloadChecksum: payload.span.bytes.withUnsafeBytes { Checksum.of($0) })
        var bytes = [UInt8](repeating: 0, count: FrameHeader.size)
        var span = bytes.mutableSpan
        try span.withUnsafeMutableBytes { (raw) throws(StreamError) in
            try header.encode(into: raw)
            raw.storeBytes(of: version.littleEndian, toByteOffset: 4, as: UInt16.self)
            let checksum = Checksum.of(UnsafeRawBufferPointer(rebasing: raw[..<44]))
            raw.storeBytes(of: checksum.littleEndian, toByteOffset: 44, as: UInt32.self)
        }
        return bytes + payload
    }

    // MARK: A connection

    /// Serves a greeted connection.
    ///
    /// - Returns: Whether a domain was recorded; `false` after a mere check.
    private func serve(_ connection: FrameConnection) throws(CommandError) -> Bool {
        let frame = try talk { () throws(TransportError) in try connection.receive(timeout: Self.timeout) }
        guard case .message(.protect(let request)) = frame.content else {
            throw CommandError(.connectionLost, "the primary asked for something else than a replica")
        }
        try talk { () throws(TransportError) in
            try connection.send(.ready, generation: frame.header.generation, timeout: Self.timeout)
        }
        if request.checkOnly {
            report("said that a replica of \(request.name) could be made")
            return false
        }
        report("recording \(request.name) (\(request.identity))")
        var tape = try Tape(request, generation: frame.header.generation, connection: connection, path: options.output)
        var failure: CommandError?
        do throws(CommandError) { try tape.record(options.checkpoints, report: report) } catch { failure = error }
        try tape.finish()
        if let failure { throw failure }
        report("recorded \(tape.checkpoints) checkpoints, \(tape.bytes) bytes, in \(options.output)")
        return true
    }

    /// Waits until the peer has closed, too: closing with unread bytes could take back what was said.
    private func drain(_ transport: TCPTransport) {
        transport.finishSending()
        let end = Clock.monotonic + Self.timeout.nanoseconds
        var scratch = [UInt8](repeating: 0, count: 1)
        var span = scratch.mutableSpan
        do throws(TransportError) {
            while Clock.monotonic < end {
                try span.withUnsafeMutableBytes { (raw) throws(TransportError) in
                    try transport.receive(into: raw, timeout: Self.timeout)
                }
            }
        } catch {
            // It closed, as it should, or it is gone.
        }
    }
}

/// Runs a body that uses a connection, and throws its failures as a command's.
func talk<Result>(_ body: () throws(TransportError) -> Result) throws(CommandError) -> Result {
    do throws(TransportError) { return try body() } catch {
        if case .frame(.wrongVersion) = error { throw CommandError(.protocolVersionMismatch, error.description) }
        throw CommandError(.connectionLost, error.description, hint: "look at the primary's journal")
    }
}
