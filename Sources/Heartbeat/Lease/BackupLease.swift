public import ReplicaModel

/// The backup's duty to wait until the primary's right to release output of one domain has run out (safety rule 2).
///
/// ``PrimaryLease`` has the argument for the lengths. It needs one thing more: from the moment at which the backup
/// decides, nothing may renew the primary's lease. A datagram that arrives just then would be echoed by the heartbeat
/// service, which knows nothing of the decision. So the backup first withdraws the grant: it gives its service claims
/// with ``ClaimRole/activating``, waits for a report that confirms them by their serial, and then counts from the
/// newest contact in that report. Every echo sent before comes from a datagram heard before, so it is counted; every
/// echo sent after comes in one datagram with the claim that voids it.
public struct BackupLease: Equatable, Sendable {
    /// The terms that both hosts share.
    public let terms: LeaseTerms
    /// The newest moment at which the primary was heard, or at which its silence proved nothing; `nil` before the first.
    public private(set) var lastContact: MonotonicTime?
    private var withdrawal: UInt64?
    private var isWithdrawn = false

    /// Makes a lease of a primary that was never heard.
    public init(terms: LeaseTerms) { self.terms = terms }

    /// Takes a message of the primary into account that the controller received itself, such as a checkpoint.
    ///
    /// - Parameter now: The clock, read after the message arrived and before it is acknowledged.
    public mutating func heard(at now: MonotonicTime) { lastContact = max(lastContact ?? now, now) }

    /// Takes a report of the heartbeat service into account.
    ///
    /// - Parameter report: A report of the present connection to the service.
    public mutating func observe(_ report: HeartbeatReport) {
        if let contact = report.lastContact { heard(at: contact) }
        if let withdrawal, report.claimsSerial >= withdrawal { isWithdrawn = true }
    }

    /// Stops granting the lease: from now on the controller acknowledges nothing to the primary.
    ///
    /// - Parameter serial: The number of the claims, already given to the service, that say so; not 0.
    public mutating func withdraw(withClaims serial: UInt64) {
        withdrawal = serial
        isWithdrawn = false
    }

    /// Grants the lease again, since the primary was heard and the backup does not take over.
    public mutating func restore() {
        withdrawal = nil
        isWithdrawn = false
    }

    /// The first moment at which the primary's right has surely run out; `nil` when the primary was never heard.
    public var activationTime: MonotonicTime? { lastContact.map { $0 + terms.duration + terms.driftMargin } }

    /// Whether the backup may run the domain.
    ///
    /// - Parameter now: The clock.
    /// - Returns: `true` when the grant is withdrawn, the service confirmed it, and ``activationTime`` has passed.
    public func mayActivate(at now: MonotonicTime) -> Bool {
        guard isWithdrawn, let activationTime else { return false }
        return now > activationTime
    }
}
