// What this host is for one domain, as the table and others see it.

internal import Heartbeat
internal import ReplicaModel
internal import ReplicaProtocol
internal import XenToolstack

extension SessionTable {
    /// What this host is for one domain.
    enum Entry: Sendable {
        case primary(PrimarySession)
        case replica(ReplicaSession)

        var claim: DomainClaim {
            switch self {
            case .primary(let session): session.claim
            case .replica(let session): session.claim
            }
        }

        /// The generation for which its session was made; a peer may never have accepted it.
        var subjectGeneration: Generation {
            switch self {
            case .primary(let session): session.subject.generation
            case .replica(let session): session.subject.generation
            }
        }

        /// The domain's name.
        var name: String {
            switch self {
            case .primary(let session): session.subject.name
            case .replica(let session): session.subject.name
            }
        }

        /// The DRBD resources of the disks that the domain writes to.
        var disks: [String] {
            switch self {
            case .primary(let session): session.subject.disks
            case .replica(let session): session.subject.disks
            }
        }

        /// Whether the domain ran here, alone, when this host last decided about it; a session may still be at work for it.
        var runsAlone: Bool {
            switch self {
            case .primary(let session):
                if case .unprotected = session.snapshot.state { true } else { false }
            case .replica(let session):
                if case .active = session.snapshot.state { true } else { false }
            }
        }

        /// Whether the domain ran here, alone, and its session has done its work.
        var ownsWithoutReplica: Bool {
            switch self {
            case .primary(let session): runsAlone && session.snapshot.hasEnded
            case .replica(let session): runsAlone && session.snapshot.hasEnded
            }
        }

        /// The generation under which this host owns the domain; none where it does not.
        var ownedGeneration: Generation { ownsWithoutReplica ? claim.generation : .none }

        /// Whether a replica covers the domain, which runs here.
        var isCovered: Bool {
            if case .primary(let session) = self { session.snapshot.isCovered } else { false }
        }

        /// Whether an operator means this domain: by its name, its UUID, or its number on this host.
        func answers(to text: String) -> Bool {
            switch self {
            case .primary(let session):
                return [session.subject.name, session.subject.identity.description, session.subject.id.description]
                    .contains(text)
            case .replica(let session):
                return [session.subject.name, session.subject.identity.description].contains(text)
                    || session.snapshot.domain.map { String($0) } == text
            }
        }

        /// Whether it is a replica that an orderly stop must not destroy now: see ``StopPermit``.
        func isLastCopy(_ report: HeartbeatReport?) -> Bool {
            guard case .replica(let session) = self else { return false }
            let snapshot = session.snapshot
            return !snapshot.hasEnded && StopPermit.keeps(snapshot.state, report)
        }

        /// Whether another session may take the entry's place.
        var isReplaceable: Bool {
            switch self {
            case .primary(let session): session.snapshot.isReplaceable
            case .replica(let session): session.snapshot.hasEnded
            }
        }

        /// Whether this host has no part in the domain any more and nothing to say of it that only the session knows.
        ///
        /// A takeover that failed is disarmed under the generation that it was to have: a record does not say that.
        var isSpent: Bool {
            guard isReplaceable else { return false }
            switch self {
            case .primary(let session):
                if case .standingDown = session.snapshot.state { return true }
            case .replica(let session):
                let snapshot = session.snapshot
                if case .discarded = snapshot.state { return snapshot.claim.generation == session.subject.generation }
            }
            return false
        }
    }
}
