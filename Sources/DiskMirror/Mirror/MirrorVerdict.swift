/// Whether a guest may be called protected with a resource as it is now.
///
/// A pure judgement over what DRBD says: no clock, no I/O.
public enum MirrorVerdict: Equatable, Sendable {
    /// Every write is on both disks when the guest hears of it, and can be rolled back on the backup.
    case sound
    /// It is not so, for these reasons; the weightiest first, at least one.
    case obstructed([MirrorObstacle])

    /// The names of the lower devices that can be rolled back begin so.
    public static let epochLayerPrefix = "/dev/mapper/replicactl-"

    /// Judges a resource.
    ///
    /// - Parameters:
    ///   - state: The resource as the events tell it, `nil` when they tell of none; of a ``MirrorTable`` that is complete.
    ///   - status: The resource's volumes as DRBD describes them (``MirrorControl/volumes(of:before:)``).
    ///   - side: What this host is to the guest.
    public init(of state: MirrorState?, status: [MirrorStatus], on side: MirrorObstacle.Side) {
        guard let state else {
            self = .obstructed([.absent])
            return
        }
        var found = Self.connectionObstacles(state)
        found += Self.roleObstacles(state, on: side)
        for (number, volume) in state.volumes.sorted(by: { $0.key < $1.key }) {
            let row = status.first { $0.volume == number }
            found += Self.copyObstacles(volume, number: number, row: row, hasPeer: state.hasPeer)
            found += row.map { Self.layoutObstacles($0) } ?? [.unknownSettings(volume: number)]
        }
        if state.volumes.isEmpty { found.append(.noVolume) }
        if !state.suspension.isEmpty { found.append(.suspended(state.suspension)) }
        found += Self.settingsObstacles(status)
        self = found.isEmpty ? .sound : .obstructed(found)
    }

    /// The reasons against it; none when it is sound.
    public var obstacles: [MirrorObstacle] {
        switch self {
        case .sound: []
        case .obstructed(let found): found
        }
    }

    private static func connectionObstacles(_ state: MirrorState) -> [MirrorObstacle] {
        if state.connection == .standAlone { return [.standAlone] }
        return state.hasPeer ? [] : [.disconnected(state.connection)]
    }

    private static func roleObstacles(_ state: MirrorState, on side: MirrorObstacle.Side) -> [MirrorObstacle] {
        var found: [MirrorObstacle] = []
        switch side {
        case .primary where state.role != .primary: found.append(.notPrimary(state.role))
        case .backup where state.role != .secondary: found.append(.notSecondary(state.role))
        default: break
        }
        // What a peer that is not connected does is not known; that it is not connected is said already.
        if state.hasPeer && state.peerRole != (side == .primary ? .secondary : .primary) {
            found.append(.peerRole(state.peerRole))
        }
        return found
    }

    private static func copyObstacles(
        _ volume: MirrorState.Volume, number: UInt32, row: MirrorStatus?, hasPeer: Bool
    ) -> [MirrorObstacle] {
        var found: [MirrorObstacle] = []
        let done = row?.resyncThousandths
        switch volume.replication {
        case .connected, .verifySource, .verifyTarget: break
        case .pausedSyncSource, .pausedSyncTarget: found.append(.resyncPaused(volume: number, thousandths: done))
        case .startingSyncSource, .awaitingBitmapSource, .syncSource:
            found.append(.resyncing(volume: number, toPeer: true, thousandths: done))
        case .startingSyncTarget, .awaitingBitmapTarget, .awaitingSyncIdentifier, .syncTarget:
            found.append(.resyncing(volume: number, toPeer: false, thousandths: done))
        case .ahead, .behind: found.append(.notKeepingUp(volume: number))
        default:
            // The connection stands and the volume has not joined it yet.
            if hasPeer { found.append(.disconnected(volume.replication)) }
        }
        if volume.disk != .upToDate { found.append(.disk(volume: number, volume.disk)) }
        if hasPeer && volume.peerDisk != .upToDate { found.append(.peerDisk(volume: number, volume.peerDisk)) }
        return found
    }

    private static func layoutObstacles(_ row: MirrorStatus) -> [MirrorObstacle] {
        // Without a disk there is no layout to judge; that it is missing is said already.
        guard let disk = row.disk else { return [] }
        var found: [MirrorObstacle] = []
        if disk.hasInternalMetadata { found.append(.internalMetadata(volume: row.volume)) }
        if !disk.backingDevice.hasPrefix(epochLayerPrefix) {
            found.append(.noEpochLayer(volume: row.volume, lower: disk.backingDevice))
        }
        return found
    }

    private static func settingsObstacles(_ status: [MirrorStatus]) -> [MirrorObstacle] {
        guard let connection = status.lazy.compactMap(\.connection).first else { return [] }
        var found: [MirrorObstacle] = []
        if let used = connection.wireProtocol, used != .c { found.append(.wireProtocol(used)) }
        if connection.allowsTwoPrimaries { found.append(.twoPrimaries) }
        return found
    }
}
