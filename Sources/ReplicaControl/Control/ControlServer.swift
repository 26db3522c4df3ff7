internal import Glibc
internal import ReplicaModel
internal import Synchronization
public import SystemKit
internal import Telemetry

/// Answers the control socket: one request a connection, each on a thread of its own.
///
/// Only root and the server's own user are answered. Connections, their number, the length of a request and the time
/// that a client may take to send it are bounded (safety rule 6).
public final class ControlServer: Sendable {
    /// Connections that are served at once; further ones get an error.
    static let connectionLimit = 16
    /// The longest request, in bytes.
    static let requestLimit = 65_536
    /// How long a client may take to send its request or to take a reply, in seconds.
    static let clientTimeoutSeconds = 5

    private struct State {
        var connections = 0
        var isStopping = false
    }

    private let listener: UnixListener
    private let handler: any ControlHandler
    private let path: String
    private let state = Mutex(State())

    /// Opens the socket; clients wait until ``start()``.
    ///
    /// - Parameters:
    ///   - path: Where clients find it.
    ///   - handler: Does what they ask for.
    /// - Throws: ``SystemKit/SystemError`` when the socket cannot be made; `EADDRINUSE` when a controller runs.
    public init(path: String, handler: any ControlHandler) throws(SystemError) {
        listener = try UnixListener(path: path, backlog: Int32(Self.connectionLimit))
        self.handler = handler
        self.path = path
    }

    /// Begins to answer.
    ///
    /// - Throws: ``SystemKit/SystemError`` when no thread can be started.
    public func start() throws(SystemError) {
        try Thread(name: "control") { [self] in acceptUntilStopped() }.detach()
    }

    /// Takes no further connection, cancels what is at work, and waits for it to end, at most ten seconds.
    public func stop() {
        state.withLock { $0.isStopping = true }
        listener.stop()
        for _ in 0..<1_000 where state.withLock({ $0.connections > 0 }) { Clock.sleep(milliseconds: 10) }
    }

    private func acceptUntilStopped() {
        while true {
            do {
                let connection = try listener.accept()
                serve(connection)
            } catch {
                if state.withLock({ $0.isStopping }) { return }
                // Out of descriptors or memory: what is open now ends some time, so this is no reason to give up.
                Log.warning("control connection not accepted", ("REPLICACTL_ERROR", "\(error)"))
                Clock.sleep(milliseconds: 100)
            }
        }
    }

    private func serve(_ connection: consuming FileDescriptor) {
        let isFree = state.withLock { state in
            guard state.connections < Self.connectionLimit, !state.isStopping else { return false }
            state.connections += 1
            return true
        }
        guard isFree else {
            let error = CommandError(.busy, "the controller serves \(Self.connectionLimit) requests already")
            Self.send(.error(error), on: connection)
            return
        }
        let number = connection.release()
        do {
            try Thread(name: "control-request") { [self] in
                converse(FileDescriptor(owning: number))
                state.withLock { $0.connections -= 1 }
            }.detach()
        } catch {
            _ = FileDescriptor(owning: number)
            state.withLock { $0.connections -= 1 }
            Log.warning("control connection not served", ("REPLICACTL_ERROR", "\(error)"))
        }
    }

    private func converse(_ connection: consuming FileDescriptor) {
        let connection = connection
        do {
            try UnixSocket.setTimeout(connection, seconds: Self.clientTimeoutSeconds)
            let user = try UnixSocket.peerUser(connection)
            guard user == 0 || user == geteuid() else {
                let error = CommandError(.notRoot, "only root may use the controller", hint: "try again as root")
                return Self.send(.error(error), on: connection)
            }
        } catch {
            Log.warning("control connection not served", ("REPLICACTL_ERROR", "\(error)"))
            return
        }
        let reply: ControlReply
        do {
            let request = try Self.request(from: connection)
            let number = connection.number
            let result = try handler.handle(
                request, progress: { Self.sendProgress($0, to: number) },
                isCancelled: { [self] in
                    UnixSocket.peerHasGone(number) || state.withLock { $0.isStopping }
                })
            reply = .result(result)
        } catch {
            reply = .error(error)
        }
        Self.send(reply, on: connection)
    }

    private static func request(from connection: borrowing FileDescriptor) throws(CommandError) -> ControlRequest {
        var reader = LineReader(limit: requestLimit)
        do {
            guard let line = try reader.next(from: connection) else {
                throw CommandError(.usage, "the connection ended before the request")
            }
            return try JSONLine.decode(ControlRequest.self, from: line)
        } catch let error as CommandError {
            throw error
        } catch {
            throw CommandError(
                .usage, "the request cannot be read: \(error)", hint: "use the replicactl of the controller's version")
        }
    }

    /// A client that has gone is no error here: the handler learns it from `isCancelled`.
    private static func send(_ reply: ControlReply, on connection: borrowing FileDescriptor) {
        guard let line = try? JSONLine.encode(reply) else { return }
        try? UnixSocket.sendAll(line, on: connection.number)
    }

    /// A client that does not read (stopped by Ctrl-Z) must not delay the copy: its progress lines are dropped.
    private static func sendProgress(_ update: ProgressUpdate, to number: Int32) {
        guard let line = try? JSONLine.encode(ControlReply.progress(update)) else { return }
        UnixSocket.sendOrDrop(line, on: number)
    }
}
