/// The state of one copy of the data; the order is DRBD's, from nothing to usable.
public enum MirrorDisk: UInt32, Equatable, Comparable, Sendable, CustomStringConvertible {
    case diskless = 0
    case attaching = 1
    case failed = 2
    case negotiating = 3
    /// A resync into it has not ended: no state of any moment.
    case inconsistent = 4
    /// The state of a moment that is past.
    case outdated = 5
    /// Not known, as of a peer that is not connected.
    case unknown = 6
    /// The state of one moment; whether the newest shows when the peer is connected.
    case consistent = 7
    /// The newest state.
    case upToDate = 8

    /// Whether one state comes before another in DRBD's order.
    public static func < (left: MirrorDisk, right: MirrorDisk) -> Bool { left.rawValue < right.rawValue }

    /// DRBD's word.
    public var description: String {
        switch self {
        case .diskless: "Diskless"
        case .attaching: "Attaching"
        case .failed: "Failed"
        case .negotiating: "Negotiating"
        case .inconsistent: "Inconsistent"
        case .outdated: "Outdated"
        case .unknown: "DUnknown"
        case .consistent: "Consistent"
        case .upToDate: "UpToDate"
        }
    }
}
