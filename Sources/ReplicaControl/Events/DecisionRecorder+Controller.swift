// What the controller itself tells the event log: its own life, the operator's requests, and what it found or refused.

internal import Fencing
internal import Heartbeat
internal import ReplicaModel
internal import ReplicaProtocol
internal import SystemKit
internal import Witness

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
                detail: request.tuning.map { "\(request.command.rawValue) \($0)" } ?? request.command.rawValue))
    }

    /// A domain of an earlier controller could not be taken up.
    func recordNotTakenUp(_ domain: DomainIdentity, _ name: String, _ error: CommandError) {
        record(
            Decision(
                kind: .failure, role: .controller, domain: domain, name: name, reason: error.reason,
                detail: "a domain of an earlier controller could not be taken up: \(error.message)"))
    }

    /// A domain of an earlier controller is not on this host any more.
    func recordStanding(_ claim: DomainClaim, _ name: String, _ beginning: HostDecisions.Beginning) {
        let (reason, detail): (ReasonCode, String) =
            switch beginning {
            case .surrender: (.guestLost, "it went down with this host; the peer may run its replica")
            case .giveBack: (.activationFailed, "its takeover was broken off before it ran; the peer may go on")
            case .disarmPeer, .adopt, .adoptHandedOver, .own, .leave:
                (.guestShutDown, "it ended while no controller ran here; the peer is asked to discard its replica")
            }
        record(
            Decision(
                role: .controller, domain: claim.domain, name: name, reason: reason, generation: claim.generation,
                after: StateWord.gone, detail: detail))
    }

    /// The peer has answered for a domain that is not on this host any more.
    func recordSettled(_ claim: DomainClaim, _ name: String) {
        record(
            Decision(
                role: .controller, domain: claim.domain, name: name,
                reason: claim.role == .disarmed ? .replicaGone : .peerTookOver, generation: claim.generation,
                after: StateWord.gone,
                detail: claim.role == .disarmed ? "the peer has no replica of it" : "the peer runs it"))
    }

    /// The witness was asked to change an owner.
    func recordWitness(_ question: WitnessQuestion, _ answer: WitnessAnswer, _ domain: DomainIdentity, _ name: String) {
        guard case .swap(_, let new) = question else { return }
        var decision = Decision(
            role: .witness, domain: domain, name: name, reason: .witnessGranted, generation: new.generation,
            detail: "\(new.owner) with \(new.replica ?? "no replica")")
        switch answer {
        case .granted: break
        case .refused(let current):
            decision.reason = .witnessRefused
            decision.detail +=
                current.map { "; on record is \($0.owner), generation \($0.generation)" } ?? "; no record"
        case .failed(let failure):
            decision.kind = .failure
            decision.reason = .witnessUnreachable
            decision.detail += "; \(failure.text)"
        case .record, .presence: return
        }
        record(decision)
    }

    /// The fencing agent has done its work.
    func recordFencing(_ result: FenceResult, _ domain: DomainIdentity, _ name: String) {
        var decision = Decision(role: .fencing, domain: domain, name: name, reason: .peerFenced)
        switch result {
        case .fenced(let milliseconds): decision.detail = "the agent needed \(milliseconds) ms"
        case .failed(let reason):
            decision.kind = .failure
            decision.reason = .fencingFailed
            decision.detail = reason
        }
        record(decision)
    }

    /// What became of a domain whose guest has ended, or of a try to protect one again.
    func recordOutcome(_ domain: DomainIdentity, _ name: String, _ reason: ReasonCode, _ detail: String = "") {
        record(Decision(role: .controller, domain: domain, name: name, reason: reason, detail: detail))
    }

    /// An orderly stop waits, because it would destroy what may be the last copy of a domain.
    func recordLastCopy(_ domain: DomainIdentity, _ name: String) {
        record(
            Decision(
                kind: .failure, role: .controller, domain: domain, name: name, reason: .controllerStopping,
                detail: "the stop waits: the primary is silent, and the replica here may be the last copy; "
                    + "`replicactl takeover` makes it the guest, SIGKILL or the stop time-out destroys it"))
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
