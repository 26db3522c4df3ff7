// Every domain this host speaks of, and what it says of each to the peer.

internal import Heartbeat
internal import ReplicaModel
internal import ReplicaProtocol
internal import Synchronization
internal import XenToolstack

/// The sessions of this host, at most one a domain, and the claims that follow from them.
final class SessionTable: Sendable {
    private struct State {
        var entries: [DomainIdentity: Entry] = [:]
        var answers: [DomainIdentity: DomainClaim] = [:]
        /// Claims on domains that were lost with this host or ended here, until the peer has answered them.
        var standing: [DomainIdentity: DomainClaim] = [:]
        var report: HeartbeatReport?
        var lastReport: HeartbeatReport?

        /// How many domains this host speaks of, but for answers, which come and go with the peer's claims.
        var spokenOf: Int { entries.count + standing.count }

        /// What this host says, the most important first: others wait for answers and standing claims, and a session at
        /// work for its lease.
        var claims: [DomainClaim] {
            let atWork = entries.values.filter { !$0.isReplaceable }
            let ended = entries.values.filter(\.isReplaceable)
            return Array(answers.values) + Array(standing.values) + (atWork + ended).map(\.claim)
        }
    }

    private let state = Mutex(State())

    /// All entries.
    var entries: [DomainIdentity: Entry] { state.withLock { $0.entries } }

    /// The newest report of the heartbeat service; `nil` while it is away.
    var report: HeartbeatReport? { state.withLock { $0.report } }

    /// The newest report, also while the heartbeat service is away.
    var lastReport: HeartbeatReport? { state.withLock { $0.lastReport } }

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
                // The old session is about to stand down: a newer generation of this host would make the peer stand down
                // as well, and nothing would be left.
                if case .primary = entry, let report = state.report,
                    report.peerOwns(domain, newerThan: old.ownedGeneration)
                {
                    return old
                }
                if case .primary(let session) = old { session.retire() }
            }
            if state.entries[domain] == nil, state.standing[domain] == nil, state.spokenOf >= HeartbeatLimits.claims {
                return entry
            }
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

    /// Takes out what this host has no part in any more, once the peer says nothing of it that waits for an answer.
    ///
    /// Each domain that was protected once would else keep its place among the claims for ever (safety rule 6). Should the
    /// peer claim one later all the same, it is answered from the record.
    ///
    /// - Returns: Whether something was taken out.
    func removeSpent() -> Bool {
        state.withLock { state in
            guard let report = state.report, report.peerSpeaksForItself else { return false }
            let spent = state.entries.filter { domain, entry in
                let claim = report.peerClaims.claim(on: domain)
                return entry.isSpent && (claim == nil || claim?.role == .disarmed)
            }
            for domain in spent.keys { state.entries[domain] = nil }
            return !spent.isEmpty
        }
    }

    /// What this host says of all domains.
    var claims: ClaimList {
        var list = ClaimList()
        for claim in state.withLock({ $0.claims }) { _ = list.append(claim) }
        return list
    }

    /// How many domains there is no room for in ``claims``.
    var unsaidClaims: Int { max(0, state.withLock { $0.claims.count } - HeartbeatLimits.claims) }

    /// Whether this host says anything of a domain.
    func speaks(of domain: DomainIdentity) -> Bool {
        state.withLock { $0.entries[domain] != nil || $0.standing[domain] != nil || $0.answers[domain] != nil }
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
    ///   - recorded: ``HostDecisions/owned(_:_:)`` by this host's record of a domain; `nil` when that cannot be read.
    /// - Returns: What changed.
    func observe(_ report: HeartbeatReport?, recorded: (DomainIdentity) -> Generation?) -> Changes {
        let (entries, standing) = state.withLock { state in
            state.report = report
            state.lastReport = report ?? state.lastReport
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
