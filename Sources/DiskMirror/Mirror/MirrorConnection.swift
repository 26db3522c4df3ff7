/// The state of the connection to the peer; of a volume also what is being done over it.
///
/// The order is DRBD's: what comes before ``awaitingParameters`` has no peer that answers.
public enum MirrorConnection: UInt32, Equatable, Comparable, Sendable, CustomStringConvertible {
    /// No connection is sought: by order, or because the two copies refused each other.
    case standAlone = 0
    case disconnecting = 1
    case unconnected = 2
    case timeout = 3
    case brokenPipe = 4
    case networkFailure = 5
    case protocolError = 6
    case tearDown = 7
    /// The peer is sought and does not answer.
    case awaitingConnection = 8
    /// The peer answers. The connection of a whole resource stays here; its volumes go on from here, each on its own.
    case awaitingParameters = 9
    /// Writes are mirrored.
    case connected = 10
    case startingSyncSource = 11
    case startingSyncTarget = 12
    case awaitingBitmapSource = 13
    case awaitingBitmapTarget = 14
    case awaitingSyncIdentifier = 15
    /// A resync from here to the peer runs.
    case syncSource = 16
    /// A resync from the peer to here runs.
    case syncTarget = 17
    /// An online verify runs; writes are mirrored.
    case verifySource = 18
    /// An online verify runs; writes are mirrored.
    case verifyTarget = 19
    case pausedSyncSource = 20
    case pausedSyncTarget = 21
    case ahead = 22
    case behind = 23

    /// Whether one state comes before another in DRBD's order.
    public static func < (left: MirrorConnection, right: MirrorConnection) -> Bool { left.rawValue < right.rawValue }

    /// DRBD's word.
    public var description: String {
        switch self {
        case .standAlone: "StandAlone"
        case .disconnecting: "Disconnecting"
        case .unconnected: "Unconnected"
        case .timeout: "Timeout"
        case .brokenPipe: "BrokenPipe"
        case .networkFailure: "NetworkFailure"
        case .protocolError: "ProtocolError"
        case .tearDown: "TearDown"
        case .awaitingConnection: "WFConnection"
        case .awaitingParameters: "WFReportParams"
        case .connected: "Connected"
        case .startingSyncSource: "StartingSyncS"
        case .startingSyncTarget: "StartingSyncT"
        case .awaitingBitmapSource: "WFBitMapS"
        case .awaitingBitmapTarget: "WFBitMapT"
        case .awaitingSyncIdentifier: "WFSyncUUID"
        case .syncSource: "SyncSource"
        case .syncTarget: "SyncTarget"
        case .verifySource: "VerifyS"
        case .verifyTarget: "VerifyT"
        case .pausedSyncSource: "PausedSyncS"
        case .pausedSyncTarget: "PausedSyncT"
        case .ahead: "Ahead"
        case .behind: "Behind"
        }
    }
}
