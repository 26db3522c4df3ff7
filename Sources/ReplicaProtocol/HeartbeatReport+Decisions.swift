public import Heartbeat

/// What the state machines read off a heartbeat report.
extension HeartbeatReport {
    /// Whether the peer is silent on every path.
    public var peerIsSilent: Bool {
        if case .dead = verdict { true } else { false }
    }

    /// Whether the peer is heard on some path; it is neither heard nor silent before its first word.
    public var peerIsHeard: Bool {
        switch verdict {
        case .alive, .suspect: true
        case .unknown, .dead: false
        }
    }

    /// Whether the peer's controller is there and has said itself what the peer's claims are: then a missing claim says
    /// something, too.
    public var peerSpeaksForItself: Bool { peerIsHeard && peerControllerConnected == true && !peerClaimsStale }

    /// Whether this host's LAN port has a carrier; a host without a watched LAN port is taken to have one.
    public var ownLanIsUp: Bool { hasCarrier(.lan) }

    /// Whether this host's replication port has a carrier; a host without a watched one is taken to have it.
    public var ownReplicationIsUp: Bool { hasCarrier(.replication) }

    /// Whether the peer said that its LAN port has a carrier.
    public var peerLanIsUp: Bool { peerCarriers.lan == true }

    private func hasCarrier(_ network: PathNetwork) -> Bool {
        let ports = paths.filter { $0.network == network }
        return ports.isEmpty || ports.contains(where: \.localCarrier)
    }
}
