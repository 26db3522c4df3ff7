// The witness and the fencing agent of this host, as the sessions ask them.

internal import Fencing
internal import ReplicaModel
internal import ReplicaProtocol
internal import SystemKit
internal import Witness

/// Passes the protocol's questions on and gives every one of them an answer, also when nobody is there to ask.
final class Arbiters: Sendable {
    private let witness: WitnessService?
    private let fencing: FencingService?
    private let agent: FenceAgent?
    private let recorder: DecisionRecorder
    private let witnessTimeout: Milliseconds

    /// Starts what is configured.
    ///
    /// - Throws: ``CommandError`` when it cannot work as it is configured.
    init(_ configuration: Configuration, _ recorder: DecisionRecorder) throws(CommandError) {
        self.recorder = recorder
        witnessTimeout = configuration.witness.timeout
        do throws(WitnessError) {
            witness = try configuration.witnessConfiguration.map { (settings) throws(WitnessError) in
                try WitnessService(settings)
            }
        } catch { throw CommandError(.badConfiguration, error.description, hint: "see docs/witness.md") }
        do throws(FenceError) {
            let settings = try configuration.fenceConfiguration
            agent = settings.map { FenceAgent($0) }
            fencing = try settings.map { (settings) throws(FenceError) in try FencingService(settings) }
        } catch { throw CommandError(.badConfiguration, error.description, hint: "see docs/fencing.md") }
    }

    /// What is known of the witness; `nil` without one.
    var witnessStatus: WitnessStatus? { witness?.status }

    /// What the fencing agent did; `nil` without one.
    var fenceStatus: FenceStatus? { fencing?.status }

    /// Ends both.
    func stop() {
        witness?.stop()
        fencing?.stop()
    }

    /// Asks what a session wants to know.
    ///
    /// - Parameters:
    ///   - request: The question.
    ///   - domain: The domain that it is about.
    ///   - name: The domain's name, for the event log.
    ///   - witnessAnswered: Called once with the question's number and the answer, perhaps before this returns.
    ///   - fenced: The same for the fencing agent, with whether the peer is surely stopped.
    func ask(
        _ request: Arbitration.Request, about domain: DomainIdentity, name: String,
        witnessAnswered: @escaping @Sendable (UInt64, WitnessAnswer) -> Void,
        fenced: @escaping @Sendable (UInt64, Bool) -> Void
    ) {
        switch request {
        case .askWitness(let number, let question):
            let isAsked = witness?.ask(question, number: number, domain: domain) { [recorder] number, result in
                recorder.recordWitness(question, result, domain, name)
                witnessAnswered(number, result)
            }
            guard isAsked != true else { return }
            let failure = WitnessFailure(kind: .expired, text: "the witness has no room for another question")
            witnessAnswered(number, .failed(failure))
        case .fence(let number):
            let isAsked = fencing?.fence(number: number) { [recorder] number, result in
                recorder.recordFencing(result, domain, name)
                if case .fenced = result { fenced(number, true) } else { fenced(number, false) }
            }
            if isAsked != true { fenced(number, false) }
        }
    }

    /// What stands in the way of asking either; blocks for as long as they take.
    var obstacles: [CommandError] {
        var obstacles: [CommandError] = []
        if let witness, witness.status.isReachable == false {
            obstacles.append(
                CommandError(
                    .witnessUnreachable, "the witness does not answer: \(witness.status.failure?.text ?? "")",
                    hint: "look at the etcd cluster and the network to it"))
        }
        if let agent {
            do throws(FenceError) { try agent.check() } catch {
                obstacles.append(CommandError(.fencingFailed, error.description, hint: "see docs/fencing.md"))
            }
        }
        return obstacles
    }

    /// The generation that the witness has on record for a domain; blocks for at most the configured time.
    ///
    /// - Returns: ``Generation/none`` without a witness, and when it has no record.
    /// - Throws: ``SessionFailure`` when the witness does not answer.
    func recordedGeneration(of domain: DomainIdentity) throws(SessionFailure) -> Generation {
        guard let witness else { return .none }
        let answers = Mailbox<WitnessAnswer>(capacity: 1)
        witness.ask(.read, number: 0, domain: domain) { answers.post($1) }
        switch answers.next(before: Clock.monotonic + 3 * witnessTimeout.nanoseconds) {
        case .record(let record): return record?.generation ?? .none
        case .failed(let failure): throw SessionFailure(.witnessUnreachable, failure.text)
        default: throw SessionFailure(.witnessUnreachable, "the witness did not answer in time")
        }
    }
}
