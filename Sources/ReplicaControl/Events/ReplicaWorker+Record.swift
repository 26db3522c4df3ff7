// What the thread of a replica tells the event log.

internal import ReplicaModel
internal import ReplicaProtocol

extension ReplicaWorker {
    /// Writes down that the session begins.
    func recordBegin() { record(.replicaRequested, kind: .begin) }

    /// Writes down that the session's work is done.
    func recordEnd() { record(machine.state.reason ?? .cancelled, kind: .end) }

    /// Writes a decision of the machine down, with the state that was last written before it.
    func record(_ reason: ReasonCode, kind: Decision.Kind = .decision) {
        let before = recordedState
        recordedState = machine.state.word
        var decision = decision(reason, kind, before: before)
        if reason == .activated { decision.takeover = session.snapshot.takeover }
        environment.record(decision)
    }

    /// Writes a failure down; what follows from it is the machine's to say.
    func record(_ failure: SessionFailure) {
        var decision = decision(failure.reason, .failure, before: recordedState)
        decision.after = recordedState
        decision.detail = failure.text
        environment.record(decision)
    }

    /// Writes down a change of state that no decision named: the first whole checkpoint is here.
    func recordChange() {
        guard machine.state.word != recordedState else { return }
        record(machine.state.reason ?? .replicaArmed)
    }

    private func decision(_ reason: ReasonCode, _ kind: Decision.Kind, before: String) -> Decision {
        Decision(
            kind: kind, role: .backup, domain: session.subject.identity, name: session.subject.name, reason: reason,
            generation: machine.generation, epoch: machine.committed, before: before, after: machine.state.word)
    }
}

extension BackupMachine.State {
    /// The state as the event log calls it.
    fileprivate var word: String {
        switch self {
        case .receiving: StateWord.receiving
        case .armed, .withdrawing, .deciding: StateWord.armed
        case .activating: StateWord.activating
        case .active: StateWord.active
        case .discarded: StateWord.released
        }
    }

    /// Why the state is as it is, where it needs a reason.
    fileprivate var reason: ReasonCode? {
        switch self {
        case .receiving, .armed, .withdrawing, .deciding: nil
        case .activating(let reason), .active(let reason), .discarded(let reason): reason
        }
    }
}
