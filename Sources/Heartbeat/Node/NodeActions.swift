/// What the service is to do after an event.
public struct NodeActions: OptionSet, Hashable, Sendable {
    /// The bits.
    public let rawValue: UInt8

    /// Makes a set of its bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Send one datagram on every path: ``HeartbeatNode/beginBeat()``, then ``HeartbeatNode/datagram(path:at:)``.
    public static let beat = NodeActions(rawValue: 1)
    /// Give the controller a report.
    public static let report = NodeActions(rawValue: 2)
    /// Log the verdict, which changed.
    public static let verdict = NodeActions(rawValue: 4)
    /// Log that this host was so late that silence did not count.
    public static let grace = NodeActions(rawValue: 8)
}
