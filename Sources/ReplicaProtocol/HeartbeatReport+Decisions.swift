public import Heartbeat
internal import ReplicaModel

/// What the state machines read off a heartbeat report.
extension HeartbeatReport {
    /// Whether the peer is silent on every path.
    public var peerIsSilent: Bool {
        if case .dead = verdict { true } else { false }
    }

    /// Whether this host's LAN port has a carrier; a host without a watched LAN port is taken to have one.
    public var ownLanIsUp: Bool {
        let ports = paths.filter { $0.network == .lan }
        return ports.isEmpty || ports.contains(where: \.localCarrier)
    }

    /// Whether the peer said that its LAN port has a carrier.
    public var peerLanIsUp: Bool { peerCarriers.lan == true }
}
