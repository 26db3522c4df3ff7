/// One reason why a resource does not protect a guest's disk now.
public enum MirrorObstacle: Equatable, Sendable, CustomStringConvertible {
    /// Which of the two hosts is looked at.
    public enum Side: Equatable, Sendable {
        /// The guest runs here.
        case primary
        /// The replica is here.
        case backup
    }

    /// The kernel does not know the resource.
    case absent
    /// It has no volume.
    case noVolume
    /// No connection is sought: somebody ordered so, or the two copies have each been written without the other.
    case standAlone
    /// The peer does not answer.
    case disconnected(MirrorConnection)
    /// A resync runs, so one copy is of no moment; thousandths of it are done where known.
    case resyncing(volume: UInt32, toPeer: Bool, thousandths: Int?)
    /// A resync is due and held up.
    case resyncPaused(volume: UInt32, thousandths: Int?)
    /// Writes go ahead without the peer.
    case notKeepingUp(volume: UInt32)
    /// The copy here is not the newest.
    case disk(volume: UInt32, MirrorDisk)
    /// The peer's copy is not the newest.
    case peerDisk(volume: UInt32, MirrorDisk)
    /// A write counts as done before it is on both disks.
    case wireProtocol(MirrorProtocol)
    /// The guest runs here, and this host may not write.
    case notPrimary(MirrorRole)
    /// The replica is here, and this host may write.
    case notSecondary(MirrorRole)
    /// The peer has not the role that belongs to the other side.
    case peerRole(MirrorRole)
    /// Both hosts may be primary at once, so writes of both could mix.
    case twoPrimaries
    /// Requests are held.
    case suspended(MirrorSuspension)
    /// The metadata are on the device that is rolled back at a failover, and would be rolled back with it.
    case internalMetadata(volume: UInt32)
    /// DRBD's lower device is not the one that can be rolled back.
    case noEpochLayer(volume: UInt32, lower: String)
    /// The kernel did not tell the settings of a volume that it has.
    case unknownSettings(volume: UInt32)

    /// What is wrong.
    public var problem: String {
        switch self {
        case .absent: "DRBD does not know the resource"
        case .noVolume: "the resource has no volume"
        case .standAlone: "DRBD does not seek its peer (StandAlone): disconnected by order, or a split brain"
        case .disconnected(let state): "DRBD has lost its peer (\(state))"
        case .resyncing(let volume, let toPeer, let done):
            "volume \(volume) is being resynced \(toPeer ? "to" : "from") the peer" + Self.percent(done)
        case .resyncPaused(let volume, let done): "the resync of volume \(volume) is paused" + Self.percent(done)
        case .notKeepingUp(let volume): "volume \(volume) is written ahead of the peer"
        case .disk(let volume, let disk): "the copy of volume \(volume) on this host is \(disk)"
        case .peerDisk(let volume, let disk): "the copy of volume \(volume) on the peer is \(disk)"
        case .wireProtocol(let found): "DRBD uses protocol \(found), which confirms writes that the peer may not have"
        case .notPrimary(let role): "this host is \(role) for the resource of a guest that runs here"
        case .notSecondary(let role): "this host is \(role) for the resource of a replica"
        case .peerRole(let role): "the peer is \(role)"
        case .twoPrimaries: "the resource allows two primaries"
        case .suspended(let reasons): "DRBD holds all requests (\(reasons))"
        case .internalMetadata(let volume): "the DRBD metadata of volume \(volume) are on its data device"
        case .noEpochLayer(let volume, let lower):
            "volume \(volume) lies directly on \(lower), which cannot be rolled back to a checkpoint"
        case .unknownSettings(let volume): "DRBD did not tell the settings of volume \(volume)"
        }
    }

    /// What to do about it.
    public var advice: String {
        switch self {
        case .absent, .noVolume: "bring it up on both hosts (drbdadm up)"
        case .standAlone:
            "connect it on both hosts (drbdadm connect); when the kernel's log says split brain, decide whose writes are "
                + "lost, and there: drbdadm secondary, then drbdadm connect --discard-my-data"
        case .disconnected: "check the peer host, the replication link, and that the resource is up there"
        case .resyncing: "wait for its end; protection begins then"
        case .resyncPaused: "resume it (drbdadm resume-sync on both hosts), or wait for the resync that it waits for"
        case .notKeepingUp: "set on-congestion to block"
        case .disk(_, let disk), .peerDisk(_, let disk):
            switch disk {
            case .diskless, .failed: "check that disk, then attach it there (drbdadm attach)"
            case .attaching, .negotiating: "wait until it is attached"
            case .inconsistent: "connect the hosts, and wait for the end of the resync"
            default: "connect the hosts (drbdadm connect); a resync follows if it is needed"
            }
        case .wireProtocol: "set protocol C on both hosts and apply it (drbdadm adjust)"
        case .notPrimary: "check which host the guest belongs to; its start makes the host primary"
        case .notSecondary: "make it secondary (drbdadm secondary); nothing may use the device on the backup"
        case .peerRole(let role):
            role == .primary
                ? "make it secondary there (drbdadm secondary); nothing may use the device on the backup"
                : "check which host the guest belongs to"
        case .twoPrimaries: "remove allow-two-primaries on both hosts and apply it (drbdadm adjust)"
        case .suspended(let reasons):
            reasons.contains(.withoutData)
                ? "bring a usable copy back (drbdadm attach or connect)"
                : "the controller decides when the peer was lost; otherwise resume them (drbdadm resume-io)"
        case .internalMetadata: "move them to a device of their own (docs/disks.md)"
        case .noEpochLayer: "put it on the epoch layer on both hosts (replicactl disk wrap)"
        case .unknownSettings: "look again; if it stays so, see the kernel's log"
        }
    }

    /// What is wrong, and what to do.
    public var description: String { "\(problem): \(advice)" }

    private static func percent(_ thousandths: Int?) -> String {
        thousandths.map { ", \($0 / 10).\($0 % 10) % done" } ?? ""
    }
}
