internal import Glibc
public import ReplicaModel
internal import Synchronization
internal import SystemKit

/// Asks the witness on a thread of its own, and keeps this host present there.
///
/// It never asks anything again by itself: the protocol's machines decide that. Its owner calls ``stop()`` in the end.
public final class WitnessService: Sendable {
    /// Gets the answer to a question, with the question's number.
    public typealias Reply = @Sendable (_ number: UInt64, _ answer: WitnessAnswer) -> Void

    /// The questions that may wait at most.
    public static let queueLimit = 64

    private struct Question: Sendable {
        let question: WitnessQuestion
        let number: UInt64
        let domain: DomainIdentity
        let expiry: UInt64
        let reply: Reply
    }

    private struct Threads: ~Copyable {
        var questions: Thread?
        var presence: PresenceKeeper?
    }

    private let timeout: Milliseconds
    private let board = StatusBoard()
    private let mailbox = Mailbox<Question?>(capacity: queueLimit)
    private let isStopping = Atomic(false)
    private let threads = Mutex(Threads())

    /// Starts the threads.
    ///
    /// - Parameters:
    ///   - configuration: Where the witness is.
    ///   - keepsPresence: Whether to keep this host present.
    /// - Throws: ``WitnessError/badConfiguration(_:)``, also when there is no thread to be had.
    public init(_ configuration: WitnessConfiguration, keepsPresence: Bool = true) throws(WitnessError) {
        timeout = configuration.timeout
        let client = ClientBox(try WitnessClient(configuration))
        var questions: Thread? = try Self.thread(name: "witness") { [self] in client.use(work) }
        threads.withLock { $0.questions = questions.take() }
        guard keepsPresence else { return }
        do throws(WitnessError) {
            var presence: PresenceKeeper? = try PresenceKeeper(configuration, board)
            threads.withLock { $0.presence = presence.take() }
        } catch {
            stop()
            throw error
        }
    }

    /// What is known of the witness.
    public var status: WitnessStatus { board.status }

    /// Asks a question; never blocks, and may be called from any thread.
    ///
    /// - Parameters:
    ///   - question: What to ask.
    ///   - number: Comes back with the answer, so that the answer to an earlier question is known as such.
    ///   - domain: The domain that it is about; of no matter for a host's presence.
    ///   - answer: Called once, on the service's thread, at most twice the configured time-out later; it must not
    ///     block. A question that waited for more than the time-out is not asked any more
    ///     (``WitnessFailure/Kind/expired``). After ``stop()`` it may not be called.
    /// - Returns: `false` when 64 questions wait already, or after ``stop()``: then it was not asked, and no answer comes.
    @discardableResult
    public func ask(
        _ question: WitnessQuestion, number: UInt64, domain: DomainIdentity, answer: @escaping Reply
    ) -> Bool {
        guard !isStopping.load(ordering: .acquiring) else { return false }
        let expiry = Clock.monotonic + timeout.nanoseconds
        return mailbox.post(
            Question(question: question, number: number, domain: domain, expiry: expiry, reply: answer))
    }

    /// Ends the threads and waits for them, at most for the configured time-out; questions that wait are dropped.
    public func stop() {
        isStopping.store(true, ordering: .releasing)
        // Wakes a thread that waits; when there is no room the thread is awake anyway.
        mailbox.post(nil)
        var presence: PresenceKeeper?
        var questions: Thread?
        threads.withLock { threads in
            presence = threads.presence.take()
            questions = threads.questions.take()
        }
        presence.take()?.stop()
        questions.take()?.join()
    }

    /// Starts a thread that writes to closed connections without being ended by a signal.
    static func thread(name: String, body: @escaping @Sendable () -> Void) throws(WitnessError) -> Thread {
        do throws(SystemError) {
            return try Thread(name: name) {
                SignalSet([SIGPIPE]).block()
                body()
            }
        } catch {
            throw .badConfiguration("its thread cannot be started: \(error)")
        }
    }

    private func work(_ client: inout WitnessClient) {
        while !isStopping.load(ordering: .acquiring) {
            guard let question = mailbox.next(before: .max) ?? nil else { continue }
            guard !isStopping.load(ordering: .acquiring) else { return }
            let isLate = Clock.monotonic >= question.expiry
            let answer = isLate ? Self.expired : Self.answer(question, &client)
            board.note(answer, answer.isFailure ? nil : client.trace)
            question.reply(question.number, answer)
        }
    }

    private static let expired = WitnessAnswer.failed(
        WitnessFailure(kind: .expired, text: "The question to the witness waited too long behind others."))

    private static func answer(_ question: Question, _ client: inout WitnessClient) -> WitnessAnswer {
        do throws(WitnessError) {
            switch question.question {
            case .swap(let expected, let new):
                switch try client.swap(domain: question.domain, expected: expected, new: new) {
                case .granted: return .granted
                case .refused(let current): return .refused(current)
                }
            case .read: return .record(try client.record(of: question.domain))
            case .presence(let host): return .presence(try client.presence(of: host))
            }
        } catch {
            return .failed(error.failure)
        }
    }
}

extension WitnessAnswer {
    fileprivate var isFailure: Bool { if case .failed = self { true } else { false } }
}
