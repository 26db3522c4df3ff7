internal import CLinux
internal import Glibc

/// A running child with its process group; both are ended when it is let go of.
public struct ChildProcess: ~Copyable, Sendable {
    /// The child's number, which is also its group's.
    public let number: Int32
    private let watch: FileDescriptor
    private var isOver = false

    /// How a child ended.
    public enum Ending: Equatable, Sendable {
        /// By itself, with this status.
        case exited(status: Int32)
        /// By a signal.
        case signalled(Int32)
    }

    /// Starts a child in a process group of its own.
    ///
    /// - Parameters:
    ///   - path: The program's file; it is not searched for.
    ///   - arguments: What follows the program's name.
    ///   - environment: All that it gets, each `NAME=value`.
    ///   - descriptors: What it gets; its standard input is empty unless it is among them, every other is closed.
    /// - Returns: The child.
    /// - Throws: ``SystemError``, as ``ProcessStart/start(path:words:environment:_:)``, or of `pidfd_open`.
    public static func start(
        path: String, arguments: [String], environment: [String] = [ProcessStart.searchPath],
        descriptors: [DescriptorPlan]
    ) throws(SystemError) -> ChildProcess {
        let number = try ProcessStart.start(
            path: path, words: [path] + arguments, environment: environment, descriptors)
        let watch = rc_process_descriptor(number)
        guard watch >= 0 else {
            end(number)
            throw SystemError(code: -watch, call: "pidfd_open")
        }
        return ChildProcess(number: number, watch: FileDescriptor(owning: watch))
    }

    private init(number: Int32, watch: consuming FileDescriptor) {
        self.number = number
        self.watch = watch
    }

    deinit { if !isOver { Self.end(number) } }

    /// A descriptor to poll: readable once the child has ended.
    public var watchDescriptor: Int32 { watch.number }

    /// Whether the child has ended, waiting for it until a deadline; it is not forgotten yet.
    ///
    /// - Parameter deadline: Nanoseconds of ``Clock/monotonic``; one in the past only looks.
    /// - Returns: `false` when the deadline passed.
    public borrowing func hasEnded(by deadline: UInt64 = 0) -> Bool {
        var request = pollfd(fd: watch.number, events: Int16(POLLIN), revents: 0)
        return rc_poll_until(&request, 1, deadline) > 0
    }

    /// Sends a signal to the child and every process of its group.
    ///
    /// - Parameter signal: For instance `SIGTERM`.
    public borrowing func signal(_ signal: Int32) {
        // Not waited for yet, so the number is still the group's.
        _ = Glibc.kill(-number, signal)
    }

    /// Waits for the child to end by itself, then ends what is left of its group.
    ///
    /// - Returns: How the child ended.
    public consuming func wait() -> Ending {
        let number = self.number
        // Until it is reaped, its number is that of its group and nobody else's.
        var information = siginfo_t()
        while waitid(P_PID, id_t(number), &information, WEXITED | WNOWAIT) < 0, errno == EINTR {}
        return finish()
    }

    /// Ends the child and its group at once.
    ///
    /// - Returns: How the child ended: by this, or before.
    @discardableResult
    public consuming func kill() -> Ending { finish() }

    /// Forgets the child before `deinit` could end a stranger that has its number.
    private consuming func finish() -> Ending {
        let number = self.number
        isOver = true
        return Self.end(number)
    }

    @discardableResult
    private static func end(_ number: Int32) -> Ending {
        _ = Glibc.kill(-number, SIGKILL)
        var status: Int32 = 0
        while waitpid(number, &status, 0) < 0 { if errno != EINTR { return .signalled(SIGKILL) } }
        let signal = status & 0x7F
        return signal == 0 ? .exited(status: (status >> 8) & 0xFF) : .signalled(signal)
    }
}
