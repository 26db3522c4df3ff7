/// The role of a host for a resource: who may open its devices for writing.
public enum MirrorRole: UInt32, Equatable, Sendable, CustomStringConvertible {
    /// Not known, as of a peer that is not connected.
    case unknown = 0
    /// Its devices may be written.
    case primary = 1
    /// Its devices only follow the peer's.
    case secondary = 2

    /// DRBD's word.
    public var description: String {
        switch self {
        case .unknown: "Unknown"
        case .primary: "Primary"
        case .secondary: "Secondary"
        }
    }
}
