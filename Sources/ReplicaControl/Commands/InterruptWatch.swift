internal import Glibc
internal import Synchronization
internal import SystemKit

/// Turns Ctrl-C into a request to the controller to cancel, and waits for its word.
///
/// The client says that it sends no more; the controller sees that, cancels and answers. The command ends at once at a
/// second Ctrl-C, or when no answer comes: the controller cancels all the same, because the connection has gone.
final class InterruptWatch: Sendable {
    /// How long to wait for the controller's word, in seconds.
    static let patienceSeconds = 15

    private let seen = Mutex(false)

    /// Whether Ctrl-C came.
    var wasInterrupted: Bool { seen.withLock { $0 } }

    /// Begins to watch; for the rest of the process.
    ///
    /// - Parameters:
    ///   - connection: The descriptor of the connection to the controller.
    ///   - output: Where to say what happens.
    /// - Throws: ``SystemKit/SystemError`` when no thread can be started.
    func start(connection: Int32, output: CommandOutput) throws(SystemError) {
        SignalSet.termination.block()
        try Thread(name: "interrupt") { [self] in
            _ = SignalSet.termination.wait()
            seen.withLock { $0 = true }
            output.error("\nreplicactl: cancelling; once more to end without waiting\n")
            UnixSocket.endSending(connection)
            _ = SignalSet.termination.wait(seconds: Self.patienceSeconds)
            output.error("replicactl: ended without the controller's word; `replicactl status` shows what came of it\n")
            _exit(ExitStatus.interrupted.rawValue)
        }.detach()
    }
}
