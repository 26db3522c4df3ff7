public import ReplicaModel

/// The backup's duty to wait until the primary's right to release output of one domain has run out (safety rule 2).
///
/// ``PrimaryLease`` has the argument for the lengths. It holds for everything that was heard when the backup decides;
/// ``ActivationGate`` covers what is heard between the decision and the first moment at which the peer can know of it.
public struct BackupLease: Equatable, Sendable {
    /// The terms that both hosts share.
    public let terms: LeaseTerms
    /// The newest moment at which the primary was heard, or at which its silence proved nothing.
    ///
    /// It is `nil` while the primary was never heard.
    public private(set) var lastContact: MonotonicTime?

    /// Makes a lease of a primary that was never heard.
    public init(terms: LeaseTerms) { self.terms = terms }

    /// Takes a sign of life into account; an older one than the newest changes nothing.
    ///
    /// - Parameter moment: ``HeartbeatReport/lastContact``, or the clock, read after a message of the primary arrived
    ///   and before it is acknowledged.
    public mutating func heard(at moment: MonotonicTime) { lastContact = max(lastContact ?? moment, moment) }

    /// The moment after which the primary's right has surely run out; `nil` when the primary was never heard.
    public var activationTime: MonotonicTime? { lastContact.map { $0 + terms.duration + terms.driftMargin } }

    /// Whether the primary's right to release output has surely run out.
    ///
    /// - Parameter now: The clock.
    /// - Returns: `true` after ``activationTime``; `false` when the primary was never heard.
    public func mayActivate(at now: MonotonicTime) -> Bool { activationTime.map { now > $0 } ?? false }
}
