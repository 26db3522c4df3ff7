// What the controller itself tells the event log: its own life, the operator's requests, and what it found or refused.

internal import ReplicaModel
internal import SystemKit

extension DecisionRecorder {
    /// Begins to write into the log of a configuration's state directory.
    convenience init(_ configuration: Configuration) throws(SystemError) {
        try self.init(
            directory: configuration.storage.stateDirectory, host: configuration.ownName,
            limitBytes: configuration.log.eventLogLimitBytes)
    }

    /// The controller begins; what it finds of an earlier one comes after this.
    func recordStart(_ configuration: Configuration) {
        record(
            Decision(
                kind: .begin, role: .controller, reason: .controllerStarted, detail: "replicactl \(Version.current)",
                peer: configuration.peer.name))
    }

    /// The controller ends in good order; waits until the log is written.
    func recordStop() {
        record(Decision(kind: .end, role: .controller, reason: .controllerStopping))
        stop()
    }

    /// An operator asks for something that changes something.
    func recordRequest(_ request: ControlRequest) {
        switch request.command {
        case .status, .check: return
        default: break
        }
        record(
            Decision(
                role: .operator, name: request.domain ?? "", reason: .operatorRequest,
                detail: request.command.rawValue))
    }

    /// A domain of an earlier controller could not be taken up.
    func recordNotTakenUp(_ domain: DomainIdentity, _ name: String, _ error: CommandError) {
        record(
            Decision(
                kind: .failure, role: .controller, domain: domain, name: name, reason: error.reason,
                detail: "a domain of an earlier controller could not be taken up: \(error.message)"))
    }

    /// A domain that ran here without a replica has ended.
    func recordGone(_ domain: DomainIdentity, _ name: String) {
        record(
            Decision(
                role: .controller, domain: domain, name: name, reason: .guestShutDown, after: StateWord.gone,
                detail: "it ran here without a replica and has ended"))
    }

    /// A request of the peer was refused.
    func recordRefused(_ failure: SessionFailure) {
        record(
            Decision(
                kind: .failure, role: .backup, reason: failure.reason,
                detail: "a request of the peer was refused: \(failure.text)"))
    }
}
