internal import Synchronization
internal import SystemKit

/// Fences the peer on a thread of its own.
///
/// Its owner calls ``stop()`` in the end.
///
/// A host is fenced, not a domain: whoever asks while the agent is at work gets the answer of that run. This is sound
/// also for a reboot, since no protected guest is started at boot.
public final class FencingService: Sendable {
    /// Gets the result, with the number of the request.
    public typealias Reply = @Sendable (_ number: UInt64, _ result: FenceResult) -> Void

    /// The requests that may wait for one run at most.
    public static let queueLimit = 64

    private struct Request: Sendable {
        let number: UInt64
        let reply: Reply
    }

    private struct State: ~Copyable {
        var waiting: [Request] = []
        var status = FenceStatus()
        var isStopping = false
        var thread: Thread?
    }

    private let agent: FenceAgent
    private let wakeUp = Mailbox<Void>(capacity: 1)
    private let state = Mutex(State())

    /// Starts the thread; runs nothing yet.
    ///
    /// - Parameter configuration: Which agent, and how.
    /// - Throws: ``FenceError/badConfiguration(_:)`` when there is no thread to be had.
    public init(_ configuration: FenceConfiguration) throws(FenceError) {
        agent = FenceAgent(configuration)
        do throws(SystemError) {
            var thread: Thread? = try Thread(name: "fencing") { [self] in work() }
            state.withLock { $0.thread = thread.take() }
        } catch {
            throw .badConfiguration("its thread cannot be started: \(error)")
        }
    }

    /// What was done so far.
    public var status: FenceStatus { state.withLock { $0.status } }

    /// Has the peer fenced; never blocks, and may be called from any thread.
    ///
    /// - Parameters:
    ///   - number: Comes back with the result.
    ///   - answer: Called once, on the service's thread, at most the configured time and two seconds after the run
    ///     began; it must not block. After ``stop()`` it may not be called.
    /// - Returns: `false` when 64 requests wait already, or after ``stop()``: then no answer comes.
    @discardableResult
    public func fence(number: UInt64, answer: @escaping Reply) -> Bool {
        let isTaken = state.withLock { state in
            guard !state.isStopping, state.waiting.count < Self.queueLimit else { return false }
            state.waiting.append(Request(number: number, reply: answer))
            return true
        }
        if isTaken { wakeUp.post(()) }
        return isTaken
    }

    /// Ends the thread; waits for an agent that is at work, at most the configured time and two seconds.
    public func stop() {
        let thread = state.withLock { state in
            state.isStopping = true
            return state.thread.take()
        }
        wakeUp.post(())
        thread?.join()
    }

    private func work() {
        while true {
            _ = wakeUp.next(before: .max)
            let (isStopping, hasWork) = state.withLock { state in
                state.status.isRunning = !state.isStopping && !state.waiting.isEmpty
                return (state.isStopping, state.status.isRunning)
            }
            if isStopping { return }
            // A request that joined the last run has left its wake-up behind.
            if hasWork { serve() }
        }
    }

    private func serve() {
        let result = agent.fence()
        let served = state.withLock { state in
            let served = state.waiting
            state.waiting = []
            state.status.isRunning = false
            state.status.last = result
            if case .fenced = result { state.status.fenced += 1 } else { state.status.failed += 1 }
            return served
        }
        for request in served { request.reply(request.number, result) }
    }
}
