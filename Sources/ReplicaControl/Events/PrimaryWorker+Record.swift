// What the thread of a protected domain tells the event log.

internal import ReplicaModel
internal import ReplicaProtocol

extension PrimaryWorker {
    /// Writes down that the session begins, in the state that it begins with.
    func recordBegin() {
        record(isProposing ? .operatorRequest : machine.state.reason ?? .operatorRequest, kind: .begin)
    }

    /// Writes down that the session's work is done.
    func recordEnd() { record(machine.state.reason ?? .cancelled, kind: .end) }

    /// Writes a decision of the machine down, with the state that was last written before it.
    func record(_ reason: ReasonCode, kind: Decision.Kind = .decision) {
        let before = recordedState
        recordedState = stateWord
        environment.record(decision(reason, kind, before: before))
    }

    /// Writes down something that changes no state, with what it is about.
    func record(_ reason: ReasonCode, _ detail: String) {
        var decision = decision(reason, .decision, before: recordedState)
        decision.after = recordedState
        decision.detail = detail
        environment.record(decision)
    }

    /// Writes a failure down; what follows from it is the machine's to say.
    func record(_ failure: SessionFailure) {
        var decision = decision(failure.reason, .failure, before: recordedState)
        decision.after = recordedState
        decision.detail = failure.text
        environment.record(decision)
    }

    /// Writes down a change of state that no decision named: the backup covers the guest, or covers it again.
    func recordChange() {
        guard stateWord != recordedState else { return }
        record(machine.state.reason ?? (recordedState == StateWord.holding ? .leaseRenewed : .guestProtected))
    }

    /// A proposal is the begin of a protection, though this host still owns the domain as before.
    private var stateWord: String {
        if isProposing, case .unprotected = machine.state { StateWord.seeding } else { machine.stateWord }
    }

    private func decision(_ reason: ReasonCode, _ kind: Decision.Kind, before: String) -> Decision {
        Decision(
            kind: kind, role: .primary, domain: session.subject.identity, name: session.subject.name, reason: reason,
            generation: machine.generation, epoch: machine.acknowledged, before: before, after: stateWord)
    }
}

extension PrimaryMachine {
    /// The state as the event log calls it.
    fileprivate var stateWord: String {
        switch state {
        case .seeding: StateWord.seeding
        case .protecting: acknowledged > .none ? StateWord.protected : StateWord.seeding
        case .holding: StateWord.holding
        case .surrendering, .surrendered: StateWord.surrendered
        case .unprotected: StateWord.unprotected
        case .standingDown: StateWord.standingDown
        }
    }
}

extension PrimaryMachine.State {
    /// Why the state is as it is, where it needs a reason.
    fileprivate var reason: ReasonCode? {
        switch self {
        case .seeding, .protecting: nil
        case .holding(let reason), .surrendering(let reason), .surrendered(let reason), .unprotected(let reason),
            .standingDown(let reason):
            reason
        }
    }
}
