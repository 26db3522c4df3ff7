internal import Glibc
internal import ReplicaModel
internal import SystemKit

/// A client's side of the control socket.
struct ControlClient: ~Copyable {
    /// The longest line of a reply, in bytes: the status of a host with many domains.
    static let replyLimit = 16_777_216

    private let connection: FileDescriptor
    private let path: String

    /// Connects.
    ///
    /// - Parameter path: The socket's path.
    /// - Throws: ``CommandError`` with a reason that says whether to start the controller or to become root.
    init(path: String) throws(CommandError) {
        do {
            connection = try UnixSocket.connect(path: path)
            self.path = path
        } catch {
            if error.code == EACCES || error.code == EPERM {
                throw CommandError(.notRoot, "the control socket \(path) is for root only", hint: "try again as root")
            }
            throw CommandError(
                .controllerNotReachable, "the controller does not answer on \(path): \(error)",
                hint: "see `systemctl status replicactl-controller` and `journalctl -u replicactl-controller`")
        }
    }

    /// The connection's number, for a thread that asks the controller to cancel.
    var number: Int32 { connection.number }

    /// Sends a request and waits for its end.
    ///
    /// - Parameters:
    ///   - request: What is asked for.
    ///   - progress: Called with each progress line.
    /// - Returns: The result.
    /// - Throws: ``CommandError`` of the controller, or that of a connection that broke.
    borrowing func perform(
        _ request: ControlRequest, progress: (ProgressUpdate) -> Void
    ) throws(CommandError) -> ControlResult {
        do {
            try UnixSocket.sendAll(try JSONLine.encode(request), on: connection.number)
            var reader = LineReader(limit: Self.replyLimit)
            while let line = try reader.next(from: connection) {
                switch try JSONLine.decode(ControlReply.self, from: line) {
                case .progress(let update): progress(update)
                case .result(let result): return result
                case .error(let error): throw error
                }
            }
        } catch let error as CommandError {
            throw error
        } catch {
            throw CommandError(
                .controllerNotReachable, "the controller's answer on \(path) cannot be read: \(error)",
                hint: "`replicactl status` shows what came of it")
        }
        throw CommandError(
            .controllerNotReachable, "the controller ended the connection on \(path) before it answered",
            hint: "`replicactl status` shows what came of it")
    }
}
