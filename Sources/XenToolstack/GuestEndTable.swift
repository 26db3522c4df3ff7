internal import ReplicaModel

/// Which domains are watched for their end; each end is told once.
struct GuestEndTable: Sendable {
    /// One domain that is watched.
    struct Entry: Sendable {
        /// Its UUID.
        let identity: DomainIdentity
        /// Sets this watch apart from an earlier or later one of the same domain.
        let ticket: UInt64
        /// Who wants to know.
        let onEnd: @Sendable (GuestEnd) -> Void
    }

    private(set) var entries: [DomainID: Entry] = [:]
    private var lastTicket: UInt64 = 0

    /// Watches a domain; replaces an earlier watch of the same number.
    mutating func add(_ domain: DomainID, identity: DomainIdentity, onEnd: @escaping @Sendable (GuestEnd) -> Void) {
        lastTicket += 1
        entries[domain] = Entry(identity: identity, ticket: lastTicket, onEnd: onEnd)
    }

    /// Watches a domain no more.
    mutating func remove(_ domain: DomainID) { entries[domain] = nil }

    /// Takes out the watches of domains that were found to have ended.
    ///
    /// - Parameter ended: Domains, with the ticket of the watch that the finding belongs to.
    /// - Returns: The entries to be told, without those that were removed or replaced meanwhile.
    mutating func take(_ ended: [(domain: DomainID, ticket: UInt64, end: GuestEnd)]) -> [(entry: Entry, end: GuestEnd)]
    {
        var told: [(entry: Entry, end: GuestEnd)] = []
        for found in ended {
            guard let entry = entries[found.domain], entry.ticket == found.ticket else { continue }
            entries[found.domain] = nil
            told.append((entry, found.end))
        }
        return told
    }
}
