// The configured ownership rules in the protocol's own types.

internal import Fencing
internal import ReplicaModel
internal import ReplicaProtocol
internal import Witness

extension Configuration {
    /// The two hosts of the pair.
    var hostPair: HostPair { HostPair(own: ownName, peer: peer.name) }

    /// The rules under which a host may become the only owner.
    var ownershipRules: OwnershipRules {
        OwnershipRules(
            policy: policy.ownership, fencing: !fencing.agent.isEmpty, headStart: witness.headStart,
            fenceDelay: fencing.delay, retryDelay: policy.retryDelay)
    }

    /// What both hosts must have in common, as one text of at most 128 bytes: the rules, and the times by which each host
    /// judges the other's lease (safety rule 2).
    var ownershipFingerprint: String {
        let beats = heartbeat
        return ownershipWords
            + "; lease \(beats.lease.rawValue)+\(beats.driftMargin.rawValue), "
            + "\(beats.misses)x\(beats.interval.rawValue) ms"
    }

    /// The ownership rules in words, for people.
    var ownershipWords: String {
        var text = policy.ownership.rawValue
        if policy.ownership == .witness { text += " in cluster \(witness.cluster)" }
        if !fencing.agent.isEmpty { text += " with fencing" }
        return text
    }

    /// How to reach the witness; `nil` without one.
    var witnessConfiguration: WitnessConfiguration? {
        get throws(WitnessError) {
            guard policy.ownership == .witness else { return nil }
            func path(_ text: String) -> String? { text.isEmpty ? nil : text }
            let identity = path(witness.authorityFile).map {
                WitnessConfiguration.Identity(
                    authorityFile: $0, certificateFile: path(witness.certificateFile), keyFile: path(witness.keyFile))
            }
            return try WitnessConfiguration(
                cluster: witness.cluster, host: ownName, endpoints: witness.endpoints, identity: identity,
                timeout: witness.timeout, presenceSeconds: witness.presenceSeconds)
        }
    }

    /// The fencing agent; `nil` without one.
    var fenceConfiguration: FenceConfiguration? {
        get throws(FenceError) {
            guard !fencing.agent.isEmpty else { return nil }
            let options = fencing.options.map { text in
                let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                return FenceConfiguration.Option(name: String(parts[0]), value: parts.count > 1 ? String(parts[1]) : "")
            }
            let action: FenceConfiguration.Action =
                switch fencing.action {
                case .off: .off
                case .reboot: .reboot
                }
            return try FenceConfiguration(
                program: fencing.agent, options: options, action: action, timeout: fencing.timeout,
                verifies: fencing.verify)
        }
    }
}
