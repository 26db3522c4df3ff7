internal import Glibc
internal import ReplicaModel
internal import SystemKit
internal import Synchronization

/// A running toolstack helper: this program's own executable, in a process group of its own.
///
/// Libxl forks and takes SIGCHLD, so it must not live in the controller.
struct HelperProcess: ~Copyable {
    /// The verb, for error texts.
    let verb: String
    private let process: pid_t
    private let lastLine: LastLine
    private let isReaped = Atomic(false)

    /// Starts a helper.
    ///
    /// - Parameters:
    ///   - verb: What it shall do.
    ///   - arguments: The verb's arguments.
    ///   - descriptors: Which of this process's descriptors it gets, and under which number; 0 to 2 are set already.
    ///   - output: Where its standard output goes; `nil` joins it to its messages.
    ///   - log: Called for each line of its messages, on a thread of its own.
    /// - Throws: ``ToolstackError/helperNotStarted(verb:cause:)``.
    init(
        verb: String, arguments: [String] = [], descriptors: [DescriptorPlan] = [], output: Int32? = nil,
        log: @escaping @Sendable (String) -> Void
    ) throws(ToolstackError) {
        let lastLine = LastLine()
        do throws(SystemError) {
            let messages = try ChannelEnds.output().separate()
            // The reader's thread is first, so that nothing can fail once there is a process.
            let far = FileDescriptor(owning: messages.far)
            try Self.forward(messages.near, to: log, keeping: lastLine)
            var plan = descriptors
            plan.append(DescriptorPlan(source: far.number, target: 2))
            plan.append(DescriptorPlan(source: output ?? far.number, target: 1))
            process = try Spawn.program(arguments: [ToolstackHelperProcess.command, verb] + arguments, plan)
        } catch {
            throw .helperNotStarted(verb: verb, cause: error)
        }
        self.verb = verb
        self.lastLine = lastLine
    }

    deinit {
        // Whoever lets go of a helper has no more use for what it is doing.
        kill()
    }

    /// The error for a helper that ended or answered something unexpected.
    func failure(_ text: String) -> ToolstackError {
        let last = lastLine.text
        return .helperFailed(verb: verb, message: last.isEmpty ? text : "\(text) (\(last))")
    }

    /// Ends the helper and every process that it started.
    func kill() {
        // Once it is waited for, its number may be another process's.
        guard !isReaped.exchange(true, ordering: .relaxed) else { return }
        Glibc.kill(-process, SIGKILL)
        Self.reap(process)
    }

    /// Waits for a helper that is ending, and ends what it leaves behind.
    ///
    /// - Returns: Its exit status, or 128 and the signal that ended it.
    func wait() -> Int32 {
        isReaped.store(true, ordering: .relaxed)
        // Until it is reaped its number stays that of its group, which may hold libxl's own helper.
        var information = siginfo_t()
        while waitid(P_PID, id_t(process), &information, WEXITED | WNOWAIT) < 0, errno == EINTR {}
        Glibc.kill(-process, SIGKILL)
        return Self.reap(process)
    }

    /// Waits for a helper that has handed over its work; what it started, such as a device model, goes on.
    ///
    /// - Parameter timeout: How long at most; then the helper alone is ended.
    func leave(timeout: Milliseconds) {
        guard !isReaped.exchange(true, ordering: .relaxed) else { return }
        let deadline = Clock.monotonic + timeout.nanoseconds
        var status: Int32 = 0
        while Clock.monotonic < deadline {
            if waitpid(process, &status, WNOHANG) != 0 { return }
            Clock.sleep(milliseconds: 10)
        }
        Glibc.kill(process, SIGKILL)
        Self.reap(process)
    }

    private static func forward(
        _ descriptor: Int32, to log: @escaping @Sendable (String) -> Void, keeping lastLine: LastLine
    ) throws(SystemError) {
        do throws(SystemError) {
            let thread = try Thread(name: "helper-log") {
                var reader = LineReader(FileDescriptor(owning: descriptor))
                while case .line(let line) = reader.line(until: nil) {
                    lastLine.keep(line)
                    log(line)
                }
            }
            thread.detach()
        } catch {
            _ = FileDescriptor(owning: descriptor)
            throw error
        }
    }

    @discardableResult
    private static func reap(_ process: pid_t) -> Int32 {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 { if errno != EINTR { return -1 } }
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }
}

/// The last message of a helper, most likely the cause of its failure.
private final class LastLine: Sendable {
    private let state = Mutex("")

    var text: String { state.withLock { $0 } }

    func keep(_ line: String) { state.withLock { $0 = line } }
}
