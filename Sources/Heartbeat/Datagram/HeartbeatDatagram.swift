public import ReplicaModel

/// What one host sends to the other on one path, each interval.
///
/// The claims and the echo are in one datagram on purpose: who reads the echo as a renewal of its lease also reads, of
/// the same moment, whether the sender still grants it (safety rule 2).
public struct HeartbeatDatagram: Equatable, Sendable {
    /// The sender's name.
    public var hostName: HostName
    /// The network of the path.
    public var network: PathNetwork
    /// Random for each start of the sender's service; never 0.
    public var session: UInt64
    /// Counts the sender's beats in this session from 1; one beat has the same number on all paths.
    public var sequence: UInt64
    /// The sender's monotonic clock, read before the datagram was handed to the kernel.
    public var sendTime: MonotonicTime
    /// The newest datagram of the receiver that the sender got on this path; `nil` before the first.
    ///
    /// It is also what proves to the receiver that the sender's session is live: see ``SessionTracker``.
    public var echo: Echo?
    /// What the sender says about itself.
    public var flags: DatagramFlags
    /// The sender's cables.
    public var carriers: NetworkCarriers
    /// The sender's word on each domain.
    public var claims: ClaimList
    /// By how many microseconds the sender's own beats were late in the last second or two.
    public var latenessMicroseconds: UInt32 = 0

    /// Makes a datagram.
    public init(
        hostName: HostName, network: PathNetwork, session: UInt64, sequence: UInt64, sendTime: MonotonicTime,
        echo: Echo?, flags: DatagramFlags, carriers: NetworkCarriers, claims: ClaimList
    ) {
        self.hostName = hostName
        self.network = network
        self.session = session
        self.sequence = sequence
        self.sendTime = sendTime
        self.echo = echo
        self.flags = flags
        self.carriers = carriers
        self.claims = claims
    }
}
