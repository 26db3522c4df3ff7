public import Heartbeat
public import ReplicaModel

/// What the heartbeat knows of the other host at one moment, as far as one domain is concerned.
///
/// The state machines take it as an event; a simulator makes it without a network.
public struct PeerView: Equatable, Sendable {
    /// What the detector says of the other host.
    public enum Verdict: Equatable, Sendable {
        /// Never heard, or the local heartbeat service is away: nothing may be concluded.
        case unknown
        /// Heard in time on at least one path.
        case alive
        /// Silent on every path for the detection time.
        case dead
    }

    /// What the detector says of the other host.
    public var verdict: Verdict
    /// When the newest message of the peer arrived, on this host's clock.
    public var newestHeard: MonotonicTime?
    /// The newest sending time of ours that the peer has confirmed to have heard, on this host's clock.
    public var newestConfirmed: MonotonicTime?
    /// What the peer says of this domain; `nil` when it says nothing.
    public var claim: DomainClaim?
    /// The carrier of this host's LAN port.
    public var ownLanCarrier: Bool
    /// The carrier of the peer's LAN port, as it last told.
    public var peerLanCarrier: Bool
    /// Whether the peer's controller is connected to its heartbeat service.
    public var peerControllerConnected: Bool
    /// When this host was last found to have stood still for longer than the detection time (a freeze).
    public var lastStall: MonotonicTime?

    /// Before anything was heard.
    public static let nothing = PeerView(
        verdict: .unknown, newestHeard: nil, newestConfirmed: nil, claim: nil, ownLanCarrier: true,
        peerLanCarrier: false, peerControllerConnected: false, lastStall: nil)

    /// Makes a view of its parts.
    public init(
        verdict: Verdict, newestHeard: MonotonicTime?, newestConfirmed: MonotonicTime?, claim: DomainClaim?,
        ownLanCarrier: Bool, peerLanCarrier: Bool, peerControllerConnected: Bool, lastStall: MonotonicTime?
    ) {
        self.verdict = verdict
        self.newestHeard = newestHeard
        self.newestConfirmed = newestConfirmed
        self.claim = claim
        self.ownLanCarrier = ownLanCarrier
        self.peerLanCarrier = peerLanCarrier
        self.peerControllerConnected = peerControllerConnected
        self.lastStall = lastStall
    }
}
