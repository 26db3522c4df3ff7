// What the controller reads off a heartbeat report before a session does.

internal import Heartbeat
internal import ReplicaModel
internal import ReplicaProtocol

extension HeartbeatReport {
    /// Whether the peer says that it owns a domain under a generation newer than this host's.
    ///
    /// - Parameters:
    ///   - domain: The domain.
    ///   - generation: The generation under which this host owns it; none where it does not.
    /// - Returns: Whether this host must not begin anything with it.
    func peerOwns(_ domain: DomainIdentity, newerThan generation: Generation) -> Bool {
        guard let claim = peerClaims.claim(on: domain) else { return false }
        return claim.role.isOwner && claim.generation > generation
    }
}
