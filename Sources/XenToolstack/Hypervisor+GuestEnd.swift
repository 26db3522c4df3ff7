internal import CXenCtrl
public import ReplicaModel

extension Hypervisor {
    /// Whether a guest has ended, and how: cheap, without xenstore.
    ///
    /// Worth asking after any call on a guest has failed: a domain that is destroyed while it is captured shows as a
    /// failure of whatever was under way.
    ///
    /// - Parameters:
    ///   - domain: Its number on this host.
    ///   - identity: Its UUID, because Xen uses numbers again.
    /// - Returns: `nil` while it lives; a suspended guest lives.
    /// - Throws: The failed call.
    public func end(of domain: DomainID, identity: DomainIdentity) throws(ToolstackError) -> GuestEnd? {
        GuestEnd(state: try state(of: domain, identity: identity))
    }

    /// What a domain is doing; `nil` when no domain has this number and this identity.
    func state(of domain: DomainID, identity: DomainIdentity) throws(ToolstackError) -> DomainState? {
        guard let raw = try raw(domain), DomainIdentity(raw.handle) == identity else { return nil }
        return DomainState(flags: raw.flags)
    }
}
