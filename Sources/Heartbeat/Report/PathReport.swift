public import ReplicaModel

/// What is known of one path.
public struct PathReport: Equatable, Sendable {
    /// The path's name in the configuration.
    public var name: String
    /// The network it runs over.
    public var network: PathNetwork
    /// When the peer was last heard on the path, on this host's clock.
    public var lastHeard: MonotonicTime?
    /// The newest send time of ours that the peer confirmed on the path.
    public var lastEchoOfOurs: MonotonicTime?
    /// Whether the path's interface has a carrier; `true` when the configuration names none.
    public var localCarrier: Bool
    /// Whether the path counts as silent.
    public var isSilent: Bool
    /// The smoothed round trip in nanoseconds; `nil` before the first echo.
    public var roundTrip: UInt64?
    /// The datagrams taken.
    public var received: UInt64
    /// The peer's beats that never came, or came late.
    public var missed: UInt64
    /// The datagrams that came late or twice.
    public var late: UInt64

    /// Makes a report of a path that was not heard yet.
    public init(name: String, network: PathNetwork) {
        self.name = name
        self.network = network
        localCarrier = false
        isSilent = true
        received = 0
        missed = 0
        late = 0
    }

    /// Takes over what a path's monitor knows.
    mutating func take(_ monitor: PathMonitor) {
        lastHeard = monitor.lastHeard
        lastEchoOfOurs = monitor.lastEcho
        roundTrip = monitor.roundTrip
        received = monitor.received
        missed = monitor.missed
        late = monitor.late
    }
}
