/// The state of one host's controller, as `replicactl status --json` prints it.
public struct ControllerStatus: Codable, Equatable, Sendable {
    /// The version of replicactl.
    public var version: String
    /// This host's name.
    public var host: String
    /// What is known of the other host.
    public var peer: PeerStatus
    /// How this host decides who may go on alone.
    public var ownership: OwnershipStatus
    /// Every domain that this host protects, backs up, or took over; ordered by name.
    public var domains: [DomainStatus]

    /// Makes a status.
    public init(version: String, host: String, peer: PeerStatus, ownership: OwnershipStatus, domains: [DomainStatus]) {
        self.version = version
        self.host = host
        self.peer = peer
        self.ownership = ownership
        self.domains = domains
    }
}

/// What is known of the other host.
public struct PeerStatus: Codable, Equatable, Sendable {
    /// What the heartbeat says.
    public enum Verdict: String, Codable, Sendable {
        /// Heartbeats come in.
        case alive
        /// No heartbeat for longer than the configured number of misses.
        case dead
        /// Not decided: just started, the heartbeat service is away, or this host itself was late.
        case unknown
    }

    /// The peer's name.
    public var name: String
    /// What the heartbeat says.
    public var verdict: Verdict
    /// When the verdict last changed (RFC 3339).
    public var since: String?
    /// The heartbeat's paths, in the order of the configuration.
    public var paths: [PathStatus]
    /// How many datagrams this host's heartbeat refused, for each reason that occurred.
    public var refusedDatagrams: [String: UInt64]

    /// Makes a status.
    public init(
        name: String, verdict: Verdict, since: String? = nil, paths: [PathStatus] = [],
        refusedDatagrams: [String: UInt64] = [:]
    ) {
        self.name = name
        self.verdict = verdict
        self.since = since
        self.paths = paths
        self.refusedDatagrams = refusedDatagrams
    }
}

/// One way that heartbeats take.
public struct PathStatus: Codable, Equatable, Sendable {
    /// The path's name.
    public var name: String
    /// The network: `lan` or `replication`.
    public var network: String
    /// Whether heartbeats come in on it.
    public var alive: Bool
    /// Whether the interface has a carrier; absent when none is watched.
    public var carrier: Bool?
    /// Milliseconds since the last heartbeat on it; absent before the first.
    public var lastHeardMilliseconds: UInt64?

    /// Makes a status.
    public init(
        name: String, network: String, alive: Bool, carrier: Bool? = nil, lastHeardMilliseconds: UInt64? = nil
    ) {
        self.name = name
        self.network = network
        self.alive = alive
        self.carrier = carrier
        self.lastHeardMilliseconds = lastHeardMilliseconds
    }
}
