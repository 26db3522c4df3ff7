internal import ReplicaModel
internal import SystemKit

/// Runs a fence agent by its documented interface: options as lines on standard input, the exit status as the answer.
///
/// The result decides: what is not clearly a success is a failure, and a failure allows nothing (safety rule 2).
public struct FenceAgent: Sendable {
    /// How long an agent that was told to end may take for it, in nanoseconds.
    private static let grace: UInt64 = 2_000_000_000
    /// What the agents' `status` says by its exit status.
    private static let statusOn: Int32 = 0, statusOff: Int32 = 2
    /// Between two looks at the peer's state, in milliseconds.
    private static let lookInterval: UInt64 = 500

    private let configuration: FenceConfiguration

    /// Takes the settings; runs nothing.
    ///
    /// - Parameter configuration: Which agent, and how.
    public init(_ configuration: FenceConfiguration) { self.configuration = configuration }

    /// Fences the peer; blocks until that is done, has failed, or has taken too long.
    ///
    /// - Returns: What came of it.
    public func fence() -> FenceResult {
        let start = Clock.monotonic
        let deadline = start + configuration.timeout.nanoseconds
        if let fault = run(configuration.action.rawValue, deadline).fault { return .failed(reason: fault) }
        if configuration.verifies, let fault = faultOfState(until: deadline) { return .failed(reason: fault) }
        return .fenced(afterMilliseconds: (Clock.monotonic - start) / 1_000_000)
    }

    /// Checks that the agent can be run and reaches its device, without doing anything to the peer; blocks.
    ///
    /// - Throws: ``FenceError/notUsable(program:detail:)``.
    public func check() throws(FenceError) {
        let deadline = Clock.monotonic + configuration.timeout.nanoseconds
        let metadata = run("metadata", deadline)
        if let fault = metadata.fault { throw notUsable(fault) }
        // A program that is no fence agent, such as /bin/true, must not be believed when it exits with 0.
        guard metadata.output.contains("</resource-agent>") else {
            throw notUsable("it does not describe itself as a fence agent does")
        }
        if let fault = run("monitor", deadline).fault { throw notUsable(fault) }
    }

    /// What one call of the agent came to.
    private struct Call {
        /// The exit status; `nil` when there is none.
        let status: Int32?
        /// The last of what it said, or why it could not be called.
        let output: String

        /// What is wrong, unless it exited with 0.
        var fault: String? { status == 0 ? nil : FenceAgent.joined("it failed", output) }
    }

    /// Calls the agent for one action.
    private func run(_ action: String, _ deadline: UInt64) -> Call {
        let now = Clock.monotonic
        guard now < deadline else { return Call(status: nil, output: "there was no time left for \"\(action)\"") }
        let lines = ["action=\(action)"] + configuration.options.map { "\($0.name)=\($0.value)" }
        let run: ProcessRun
        do throws(SystemError) {
            run = try ProcessRun.run(
                path: configuration.program, input: lines.joined(separator: "\n") + "\n", timeout: deadline - now,
                grace: Self.grace)
        } catch {
            return Call(status: nil, output: "it could not be started for \"\(action)\": \(error)")
        }
        let output = OutputText.plain(run.output, without: configuration.options.map(\.value))
        switch run.ending {
        case .exited(let status):
            return Call(status: status, output: Self.joined("exit status \(status) of \"\(action)\"", output))
        case .signalled(let signal):
            return Call(status: nil, output: Self.joined("signal \(signal) ended \"\(action)\"", output))
        case .timedOut: return Call(status: nil, output: Self.joined("\"\(action)\" took too long", output))
        }
    }

    /// Looks at the peer's state until it is what the action makes, or the time is over.
    ///
    /// - Returns: What is wrong; `nil` when the state is as it should be.
    private func faultOfState(until deadline: UInt64) -> String? {
        var answered: Call?
        while true {
            let call = run("status", deadline)
            if call.status != nil { answered = call }
            // A reboot leaves it on, or off for a moment: what counts is that the device knows.
            if call.status == Self.statusOff || (call.status == Self.statusOn && configuration.action == .reboot) {
                return nil
            }
            guard Clock.monotonic + Self.lookInterval * 1_000_000 < deadline else {
                // The last look may have been cut off by the end of the time.
                let word = answered ?? call
                let state = word.status == Self.statusOn ? "the peer is still on" : "the peer's state is not known"
                return Self.joined(state, word.output)
            }
            Clock.sleep(milliseconds: Self.lookInterval)
        }
    }

    private func notUsable(_ detail: String) -> FenceError {
        .notUsable(program: configuration.program, detail: detail)
    }

    private static func joined(_ text: String, _ more: String) -> String { more.isEmpty ? text : "\(text): \(more)" }
}
