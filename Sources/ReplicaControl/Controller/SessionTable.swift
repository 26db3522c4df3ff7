// Every domain this host speaks of, and what it says of each to the peer.

internal import Heartbeat
internal import ReplicaModel
internal import ReplicaProtocol
internal import Synchronization
internal import XenToolstack

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
        /// Claims on domains that were lost with this host or ended here, until the peer has answered them.
        var standing: [DomainIdentity: DomainClaim] = [:]
        var report: HeartbeatReport?
    }

    private let state = Mutex(State())

    /// All entries.
    var entries: [DomainIdentity: Entry] { state.withLock { $0.entries } }

    /// The newest report of the heartbeat service; `nil` while it is away.
    var report: HeartbeatReport? { state.withLock { $0.report } }

    /// One domain's entry.
    func entry(of domain: DomainIdentity) -> Entry? { state.withLock { $0.entries[domain] } }

    /// The entry of a domain that an operator named; see ``Entry/answers(to:)``.
    ///
    /// A guest of before may have left an entry under the same name: one that still speaks for a domain comes first.
    func entry(named text: String) -> Entry? {
        let named = entries.values.filter { $0.answers(to: text) }
        return named.first { !$0.isReplaceable || $0.ownsWithoutReplica } ?? named.first
    }

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
            state.standing[domain] = nil
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
            for claim in state.standing.values { _ = list.append(claim) }
            return list
        }
    }

    /// Makes a claim on a domain that this host has not any more, until the peer has answered it.
    func stand(_ claim: DomainClaim) { state.withLock { $0.standing[claim.domain] = claim } }

    /// What a report changed in the table.
    struct Changes {
        /// Whether the claims changed.
        var claims = false
        /// The standing claims that the peer has answered, with its answer.
        var settled: [DomainClaim] = []
    }

    /// Passes a report on to every session, and answers a primary that asks a replica to disarm which is not here: see
    /// ``HostDecisions/answer(to:recorded:plantedFaults:)``.
    ///
    /// - Parameters:
    ///   - report: What the heartbeat service says; `nil` while it is away.
    ///   - recorded: The newest generation of a domain that this host has on record; `nil` when that cannot be read.
    /// - Returns: What changed.
    func observe(_ report: HeartbeatReport?, recorded: (DomainIdentity) -> Generation?) -> Changes {
        let (entries, standing) = state.withLock { state in
            state.report = report
            return (state.entries, state.standing)
        }
        for entry in entries.values {
            switch entry {
            case .primary(let session): session.report(report)
            case .replica(let session): session.report(report)
            }
        }
        var changes = Changes()
        guard let report else { return changes }
        var answers: [DomainIdentity: DomainClaim] = [:]
        for claim in report.peerClaims where entries[claim.domain] == nil {
            if let own = standing[claim.domain] {
                if HostDecisions.settles(claim, own) { changes.settled.append(claim) }
            } else if claim.role == .holding || claim.role == .surrendered {
                answers[claim.domain] = HostDecisions.answer(to: claim, recorded: recorded(claim.domain))
            }
        }
        let settled = changes.settled
        changes.claims = state.withLock { state in
            for claim in settled { state.standing[claim.domain] = nil }
            guard answers != state.answers else { return !settled.isEmpty }
            state.answers = answers.filter { state.entries[$0.key] == nil }
            return true
        }
        return changes
    }
}
