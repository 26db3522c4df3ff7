// Counts, from the events alone, how long each domain ran on this host with a backup and without one.

internal import ReplicaModel

/// The protected and unprotected time of each domain; pure, so that a log tells the same as the host that wrote it.
struct ProtectionClock: Sendable {
    /// Domains that are counted; beyond that the one that changed longest ago goes (safety rule 6).
    static let domainLimit = 256

    /// What the time of a domain counts as now.
    private enum Cover: Sendable {
        /// The guest runs here and a replica covers it.
        case covered
        /// The guest runs here and nothing covers it.
        case uncovered
        /// The guest does not run here, or is not known to.
        case elsewhere

        /// What a state means; `nil` when the word says nothing of it.
        init?(role: String, after: String) {
            switch (role, after) {
            case (Decision.Role.primary.rawValue, StateWord.seeding), (_, StateWord.unprotected), (_, StateWord.active):
                self = .uncovered
            case (Decision.Role.primary.rawValue, StateWord.protected), (_, StateWord.holding),
                (_, StateWord.surrendered):
                self = .covered
            case (_, StateWord.standingDown), (_, StateWord.gone), (_, StateWord.receiving), (_, StateWord.armed),
                (_, StateWord.activating), (_, StateWord.released):
                self = .elsewhere
            default: return nil
            }
        }
    }

    private struct Account: Sendable {
        var cover: Cover
        var changed: Moment
        var since: Moment
        var covered: UInt64 = 0
        var uncovered: UInt64 = 0

        mutating func close(at moment: Moment) {
            let span = moment.nanoseconds(since: changed)
            switch cover {
            case .covered: covered &+= span
            case .uncovered: uncovered &+= span
            case .elsewhere: break
            }
            changed = moment
        }
    }

    private var accounts: [String: Account] = [:]

    /// Counts the events of a log, the oldest first.
    init(_ records: [EventRecord] = []) {
        for record in records { take(record) }
    }

    /// Takes the next event.
    mutating func take(_ record: EventRecord) {
        take(
            domain: record.domain, role: record.role, kind: record.kind, after: record.after ?? "", at: record.moment)
    }

    /// Takes the next event before it has a line.
    mutating func take(_ decision: Decision, at moment: Moment) {
        take(
            domain: decision.domain?.description, role: decision.role.rawValue, kind: decision.kind.rawValue,
            after: decision.after, at: moment)
    }

    private mutating func take(domain: String?, role: String, kind: String, after: String, at moment: Moment) {
        guard let domain else {
            // A controller that starts knows of no domain until it has found it again, which it says at once.
            if role == Decision.Role.controller.rawValue, kind == Decision.Kind.begin.rawValue { leaveAll(at: moment) }
            return
        }
        guard let cover = Cover(role: role, after: after) else { return }
        var account = accounts[domain] ?? Account(cover: cover, changed: moment, since: moment)
        // What only passes through this host as a replica is counted by the host that runs it.
        if accounts[domain] == nil, cover == .elsewhere { return }
        account.close(at: moment)
        account.cover = cover
        accounts[domain] = account
        guard accounts.count > Self.domainLimit else { return }
        if let oldest = accounts.min(by: { $0.value.changed.wall < $1.value.changed.wall }) {
            accounts[oldest.key] = nil
        }
    }

    private mutating func leaveAll(at moment: Moment) {
        for domain in accounts.keys {
            accounts[domain]?.close(at: moment)
            accounts[domain]?.cover = .elsewhere
        }
    }

    /// The time of one domain so far.
    ///
    /// - Parameters:
    ///   - domain: The domain's UUID.
    ///   - now: The moment up to which to count.
    /// - Returns: `nil` when it never ran here under protection.
    func time(of domain: String, at now: Moment) -> ProtectionTime? {
        guard var account = accounts[domain] else { return nil }
        account.close(at: now)
        return ProtectionTime(
            unprotectedMilliseconds: account.uncovered / 1_000_000, protectedMilliseconds: account.covered / 1_000_000,
            since: Timestamp.rfc3339(wall: account.since.wall))
    }
}
