// When a record of a domain that is not on this host any more may be forgotten.

internal import Heartbeat
internal import ReplicaModel
internal import ReplicaProtocol

/// Decides which records are deleted: a guest without a fixed UUID leaves one behind with each start (safety rule 6).
enum RecordAge {
    /// Older ones are deleted, in nanoseconds of the wall clock: 30 days.
    static let limit: UInt64 = 30 * 24 * 3_600 * 1_000_000_000

    /// Whether a record may go.
    ///
    /// Its generation keeps this host from letting in an older owner (safety rule 2), so it stays while the peer is not heard
    /// or has a word on the domain.
    ///
    /// - Parameters:
    ///   - record: The record.
    ///   - isInUse: Whether this host says anything of the domain.
    ///   - report: What the heartbeat service says; `nil` while it is away.
    ///   - wall: Now, in nanoseconds of the wall clock.
    /// - Returns: Whether to delete it.
    static func mayForget(
        _ record: OwnershipRecord, isInUse: Bool, report: HeartbeatReport?, wall: UInt64
    ) -> Bool {
        switch record.role {
        case .former, .backup: break
        case .primary, .owner, .successor, .surrendered: return false
        }
        guard !isInUse, wall > record.since, wall - record.since > limit else { return false }
        guard let report, report.peerSpeaksForItself, let domain = DomainIdentity(record.domain) else { return false }
        return report.peerClaims.claim(on: domain) == nil
    }
}
