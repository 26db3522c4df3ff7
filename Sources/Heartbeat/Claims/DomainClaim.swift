public import ReplicaModel

/// One host's word on one domain: its role, in which generation, and how far it is.
public struct DomainClaim: Hashable, Sendable {
    /// The domain, by its UUID.
    public var domain: DomainIdentity
    /// What the host is to the domain.
    public var role: ClaimRole
    /// The generation in which the role is held.
    public var generation: Generation
    /// The newest epoch: acknowledged on a primary, committed on a backup.
    public var epoch: Epoch

    /// Makes a claim.
    public init(domain: DomainIdentity, role: ClaimRole, generation: Generation, epoch: Epoch) {
        self.domain = domain
        self.role = role
        self.generation = generation
        self.epoch = epoch
    }
}
