// Every domain this host speaks of, and what it says of each to the peer.

internal import Heartbeat
internal import ReplicaModel
internal import ReplicaProtocol
internal import Synchronization

/// The sessions of this host, at most one a domain, and the claims that follow from them.
final class SessionTable: Sendable {
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

        /// The domain's name.
        var name: String {
            switch self {
            case .primary(let session): session.subject.name
            case .replica(let session): session.subject.name
            }
        }

        /// Whether the domain ran here, alone, when this host last decided about it.
        var ownsWithoutReplica: Bool {
            switch self {
            case .primary(let session):
                if case .unprotected = session.snapshot.state { session.snapshot.hasEnded } else { false }
            case .replica(let session):
                if case .active = session.snapshot.state { session.snapshot.hasEnded } else { false }
            }
        }

        /// Whether another session may take the entry's place.
        var isReplaceable: Bool {
            switch self {
            case .primary(let session): session.snapshot.hasEnded
            case .replica(let session): session.snapshot.hasEnded
            }
        }
    }

    private struct State {
        var entries: [DomainIdentity: Entry] = [:]
        var answers: [DomainIdentity: DomainClaim] = [:]
        var report: HeartbeatReport?
    }

    private let state = Mutex(State())

    /// All entries.
    var entries: [DomainIdentity: Entry] { state.withLock { $0.entries } }

    /// The newest report of the heartbeat service; `nil` while it is away.
    var report: HeartbeatReport? { state.withLock { $0.report } }

    /// One domain's entry.
    func entry(of domain: DomainIdentity) -> Entry? { state.withLock { $0.entries[domain] } }

    /// Enters a session unless another one is at work for the domain, or the claims are all in use (safety rule 6).
    ///
    /// - Returns: The entry that is in the way, or `nil` when the new one was entered.
    func enter(_ entry: Entry, for domain: DomainIdentity) -> Entry? {
        state.withLock { state in
            if let old = state.entries[domain] {
                guard old.isReplaceable else { return old }
                if case .primary(let session) = old { session.retire() }
            }
            if state.entries[domain] == nil, state.entries.count >= HeartbeatLimits.claims { return entry }
            state.entries[domain] = entry
            state.answers[domain] = nil
            return nil
        }
    }

    /// Takes an entry out.
    func remove(_ domain: DomainIdentity) { state.withLock { $0.entries[domain] = nil } }

    /// Takes an entry out unless a session is at work for it.
    ///
    /// - Returns: Whether it was taken out.
    func removeReplaceable(_ domain: DomainIdentity) -> Bool {
        state.withLock { state in
            guard let entry = state.entries[domain], entry.isReplaceable else { return false }
            if case .primary(let session) = entry { session.retire() }
            state.entries[domain] = nil
            return true
        }
    }

    /// What this host says of all domains.
    var claims: ClaimList {
        state.withLock { state in
            var list = ClaimList()
            for entry in state.entries.values { _ = list.append(entry.claim) }
            for answer in state.answers.values { _ = list.append(answer) }
            return list
        }
    }

    /// Passes a report on to every session, and answers a primary that asks a replica to disarm which is not here.
    ///
    /// A controller that restarted has no replicas: its helpers destroyed them. Saying so lets the primary go on
    /// (safety rule 5); a domain that this host owned under a newer generation is never answered for (safety rule 2).
    ///
    /// - Parameters:
    ///   - report: What the heartbeat service says; `nil` while it is away.
    ///   - isSuperseded: Whether this host's records know a newer generation of a claim's domain.
    /// - Returns: Whether the claims changed.
    func observe(_ report: HeartbeatReport?, isSuperseded: (DomainClaim) -> Bool) -> Bool {
        let entries = state.withLock { state in
            state.report = report
            return state.entries
        }
        for entry in entries.values {
            switch entry {
            case .primary(let session): session.report(report)
            case .replica(let session): session.report(report)
            }
        }
        guard let report else { return false }
        var answers: [DomainIdentity: DomainClaim] = [:]
        for claim in report.peerClaims where entries[claim.domain] == nil {
            // A domain that was surrendered to a replica which is gone goes back, too.
            guard claim.role == .holding || claim.role == .surrendered, !isSuperseded(claim) else { continue }
            answers[claim.domain] = DomainClaim(
                domain: claim.domain, role: .disarmed, generation: claim.generation, epoch: .none)
        }
        return state.withLock { state in
            guard answers != state.answers else { return false }
            state.answers = answers.filter { state.entries[$0.key] == nil }
            return true
        }
    }
}
