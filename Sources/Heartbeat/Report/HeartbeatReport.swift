public import ReplicaModel

/// What the heartbeat service tells the local controller at each interval, and at once when it matters.
public struct HeartbeatReport: Equatable, Sendable {
    /// When the report was made, on this host's clock; everything in it is as of then.
    public var time: MonotonicTime
    /// The conclusion about the peer host.
    public var verdict: PeerVerdict
    /// Each configured path, in the configuration's order.
    public var paths: [PathReport]
    /// The peer service's session; `nil` before the first datagram.
    ///
    /// It changes when that service or its host restarted.
    public var peerSession: UInt64?
    /// Whether the peer's controller is connected to its heartbeat service; `nil` before the first datagram.
    public var peerControllerConnected: Bool?
    /// The peer's claims are the last ones of a controller that is gone.
    public var peerClaimsStale: Bool
    /// The peer's heartbeat service said that it is being stopped.
    public var peerShuttingDown: Bool
    /// The peer's cables.
    public var peerCarriers: NetworkCarriers
    /// The peer's newest word on each domain.
    public var peerClaims: ClaimList
    /// Nanoseconds by which the peer's own beats were late in the last second or two, as it says.
    ///
    /// Its silence is borne for so much longer, at most for one timeout.
    public var peerLateness: UInt64
    /// The number that the controller gave the claims which this host sends now.
    ///
    /// It is 0 while the controller gave none on its present connection.
    public var claimsSerial: UInt64
    /// How late the service itself was.
    public var lateness: Lateness
    /// The datagrams that were refused.
    public var refusals: RefusalCounts

    /// Makes a report of a service that heard nothing yet.
    ///
    /// - Parameters:
    ///   - time: Now.
    ///   - paths: The configured paths.
    public init(time: MonotonicTime, paths: [HeartbeatPath]) {
        self.time = time
        verdict = .unknown
        self.paths = paths.map { PathReport(name: $0.name, network: $0.network) }
        peerClaimsStale = false
        peerShuttingDown = false
        peerCarriers = NetworkCarriers()
        peerClaims = ClaimList()
        peerLateness = 0
        claimsSerial = 0
        lateness = Lateness()
        refusals = RefusalCounts()
    }

    /// When the peer was last heard on any path.
    public var newestHeard: MonotonicTime? { paths.lazy.compactMap(\.lastHeard).max() }

    /// The newest send time of ours that the peer confirmed on any path.
    public var newestEchoOfOurs: MonotonicTime? { paths.lazy.compactMap(\.lastEchoOfOurs).max() }

    /// From when silence counts: the last datagram, or the last beat of ours that was so late that it proves nothing.
    public var lastContact: MonotonicTime? {
        guard let heard = newestHeard else { return nil }
        return max(heard, lateness.graceSince ?? heard)
    }

    /// The send time up to which the peer confirms and still grants this host's lease of a domain (safety rule 2).
    ///
    /// The primary renews its lease with this and not with ``newestEchoOfOurs``: a peer that began to take over still
    /// echoes what it hears, and only its claim in the same datagram says that the echo renews nothing any more.
    ///
    /// - Parameters:
    ///   - domain: The domain that this host is the primary of.
    ///   - generation: This host's generation of the domain.
    /// - Returns: What to renew ``PrimaryLease`` with; `nil` when the peer makes no claim that grants a lease in the
    ///   same generation, for instance since it is taking over.
    public func confirmedSendTime(for domain: DomainIdentity, generation: Generation) -> MonotonicTime? {
        guard let claim = peerClaims.claim(on: domain), claim.role.grantsLease, claim.generation == generation else {
            return nil
        }
        return newestEchoOfOurs
    }
}
