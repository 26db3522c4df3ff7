// Forgets domains that are not on this host any more, and with them the claims on them.

internal import ReplicaModel
internal import XenToolstack

extension Controller {
    /// Lets go of what is said of domains that ended: those that ran here without a replica, and those that took over.
    ///
    /// A claim on a domain that is gone could make the peer discard a copy that an operator started there (safety rule
    /// 5). The record on disk stays, and with it the generation.
    func forgetEndedDomains() {
        guard let domains = try? hypervisor.domains() else { return }
        let present = Set(domains.filter { $0.state != .dying }.map(\.identity))
        var forgot = false
        for (identity, entry) in table.entries where entry.ownsWithoutReplica && !present.contains(identity) {
            guard table.removeReplaceable(identity) else { continue }
            recorder.recordGone(identity, entry.name)
            forgot = true
        }
        if forgot { _ = publishClaims() }
    }
}
