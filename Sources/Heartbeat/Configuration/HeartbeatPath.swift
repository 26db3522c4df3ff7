/// One way for datagrams between the two hosts.
public struct HeartbeatPath: Equatable, Sendable {
    /// The name in logs and status; 1 to ``HeartbeatLimits/pathName`` bytes of UTF-8.
    public var name: String
    /// The network it runs over.
    public var network: PathNetwork
    /// This host's numeric IPv4 or IPv6 address on the path.
    public var localAddress: String
    /// The peer's numeric address, of the same family.
    public var peerAddress: String
    /// The UDP port, the same on both hosts; not 0.
    public var port: UInt16
    /// The interface whose carrier tells a pulled cable: the physical port, not the bridge over it; empty for none.
    public var carrierInterface: String

    /// Makes a path.
    public init(
        name: String, network: PathNetwork, localAddress: String, peerAddress: String, port: UInt16,
        carrierInterface: String
    ) {
        self.name = name
        self.network = network
        self.localAddress = localAddress
        self.peerAddress = peerAddress
        self.port = port
        self.carrierInterface = carrierInterface
    }
}
