/// What a host says about itself in each datagram.
public struct DatagramFlags: OptionSet, Hashable, Sendable {
    /// The bits, as they are sent.
    public let rawValue: UInt16

    /// Makes flags of their bits.
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// The controller of the host is connected to its heartbeat service.
    public static let controllerConnected = DatagramFlags(rawValue: 1)
    /// The heartbeat service is being stopped in an orderly way: the silence that follows is not a crash.
    public static let shuttingDown = DatagramFlags(rawValue: 2)
    /// The claims are the last ones of a controller that is gone; its guests are still there.
    public static let claimsStale = DatagramFlags(rawValue: 4)

    static let all: DatagramFlags = [.controllerConnected, .shuttingDown, .claimsStale]
}
