/// What DRBD does with writes when it loses the peer.
public enum MirrorFencing: UInt32, Equatable, Sendable, CustomStringConvertible {
    /// It goes on at once, with a new identifier of the data.
    case dontCare = 0
    /// It goes on, and calls the `fence-peer` handler.
    case resourceOnly = 1
    /// It holds all writes until the handler, or someone else, says how to go on.
    case resourceAndStonith = 2

    /// The word of DRBD's configuration.
    public var description: String {
        switch self {
        case .dontCare: "dont-care"
        case .resourceOnly: "resource-only"
        case .resourceAndStonith: "resource-and-stonith"
        }
    }
}
