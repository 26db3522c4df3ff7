// What an operator can do about a domain, by its state on this host.

internal import ReplicaModel

/// Advice for `replicactl explain`; the operator's guide says the same of each state.
enum Advice {
    /// What to do now.
    ///
    /// - Parameters:
    ///   - state: The domain's state on this host; `nil` when it is not known.
    ///   - domain: The domain's name.
    ///   - peer: The other host's name.
    /// - Returns: Full sentences, one each.
    static func lines(for state: DomainStory.State?, domain: String, peer: String) -> [String] {
        guard let state else { return ["Look at \(peer): `replicactl explain \(domain)` there."] }
        switch state.word {
        case StateWord.seeding, StateWord.receiving:
            return ["Wait for the first copy; `replicactl status` shows how far it is."]
        case StateWord.protected, StateWord.armed: return ["Nothing has to be done."]
        case StateWord.activating: return ["Wait a second or two."]
        case StateWord.holding, StateWord.surrendered:
            return [
                "Look at \(peer): `replicactl status` there tells whether it runs the guest.",
                "It ends by itself when \(peer) is heard again, or when this host may go on alone (`policy.ownership`).",
                "If \(peer) is surely off: `replicactl takeover \(domain) --other-host-is-off`.",
            ]
        case StateWord.unprotected:
            if state.reason == .operatorRequest {
                return ["`replicactl protect \(domain)` protects it again whenever you want."]
            }
            return [
                "Repair what the reason names; `replicactl status` shows whether \(peer) is alive on every path.",
                "Then `replicactl protect \(domain)` protects it again, unless the configuration has it done by itself.",
            ]
        case StateWord.active:
            return [
                "Bring \(peer) back, and see with `replicactl status` that it is alive on every path.",
                "Then `replicactl protect \(domain)` on this host protects it again, unless the configuration has it done by"
                    + " itself.",
                "Do not start the old copy on \(peer).",
            ]
        case StateWord.released where state.reason == .activationFailed:
            return [
                "Look at the journal of this host: `journalctl -u replicactl-controller REPLICACTL_DOMAIN=\(domain)`.",
                "If \(peer) is surely off or without the guest, start the guest by hand from its configuration.",
            ]
        case StateWord.released, StateWord.standingDown:
            return ["Nothing on this host. Look at \(peer): `replicactl status` there."]
        default: return ["Start the guest again if it is to run, then `replicactl protect \(domain)`."]
        }
    }
}
