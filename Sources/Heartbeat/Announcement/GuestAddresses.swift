/// What one interface of a guest is known by on its network.
public struct GuestAddresses: Equatable, Sendable {
    /// The interface's Ethernet address.
    public let mac: MACAddress
    /// Its IPv4 addresses, the one seen last first.
    public var ipv4: [IPv4Address]
    /// Its IPv6 addresses, the one seen last first.
    public var ipv6: [IPv6Address]
    /// Whether it is an IPv6 router; an announcement that denies it would make its neighbours drop it as their gateway.
    public var isRouter: Bool

    /// How many addresses are kept and announced for one Ethernet address, both families together (safety rule 6).
    public static let most = 16

    /// Describes an interface.
    ///
    /// - Parameters:
    ///   - mac: The interface's Ethernet address.
    ///   - ipv4: Its IPv4 addresses.
    ///   - ipv6: Its IPv6 addresses.
    ///   - isRouter: Whether it is an IPv6 router.
    public init(mac: MACAddress, ipv4: [IPv4Address] = [], ipv6: [IPv6Address] = [], isRouter: Bool = false) {
        self.mac = mac
        self.ipv4 = ipv4
        self.ipv6 = ipv6
        self.isRouter = isRouter
    }
}
