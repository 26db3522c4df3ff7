// What `replicactl disk` knows of one resource before it does anything, and what it decides by that: pure values.

internal import DiskMirror
internal import ReplicaModel

/// One resource of this host: DRBD's view, the files and the layer.
struct DiskSituation: Equatable, Sendable {
    /// A volume as DRBD has it.
    struct Volume: Equatable, Sendable {
        var minor: UInt32 = 0
        var isPrimary = false
        /// A peer is connected whose copy is UpToDate, so that this host can work without its own disk for a while.
        var hasGoodPeer = true
        /// The lower device; `nil` without a disk.
        var lower: String?
        var isUpToDate = true
        var hasInternalMetadata = false
        /// Writes are held when the peer is lost: a guest is protected with it.
        var isProtected = false
    }

    /// The device that the layer is, where there is one.
    struct Layer: Equatable, Sendable {
        var isArmed = false
    }

    let resource: String
    /// None when DRBD does not know the resource.
    var volumes: [Volume]
    var layer: Layer?
    /// What the file for the start of the host says.
    var bootBacking: String?
    /// What the `disk` statements of DRBD's own file name, for this host and the peer.
    var named: [String]
    /// A takeover of the disk was not finished.
    var hasJournal = false

    var layerPath: String { MirrorVerdict.epochLayerPrefix + resource }
    var namesLayer: Bool { named.contains(layerPath) }
}

extension DiskSituation.Volume {
    /// Takes what DRBD says.
    init(_ status: MirrorStatus) {
        minor = status.minor
        isPrimary = status.role == .primary
        hasGoodPeer = status.replication >= .connected && status.peerDiskState == .upToDate
        lower = status.disk?.backingDevice
        isUpToDate = status.diskState == .upToDate
        hasInternalMetadata = status.disk?.hasInternalMetadata ?? false
        isProtected = status.disk?.fencing == .resourceAndStonith
    }
}

/// What comes of `replicactl disk wrap`.
enum WrapDecision: Equatable, Sendable {
    /// It is on the layer.
    case isDone
    /// All steps are to be made.
    case wrap(backing: String)
    /// An earlier run came as far as the detach: the device and the attach are left to do.
    case finish(backing: String)
    case refuse(String, hint: String)

    /// Decides.
    init(_ now: DiskSituation) {
        let name = now.resource
        guard let volume = now.volumes.first else {
            self = .refuse("DRBD does not know \(name)", hint: "bring it up: drbdadm up \(name)")
            return
        }
        if let refusal = WrapDecision.obstacle(now, volume) {
            self = refusal
            return
        }
        switch (volume.lower, now.bootBacking) {
        case (now.layerPath?, .some) where now.namesLayer: self = .isDone
        case (now.layerPath?, _):
            self = .refuse(
                "\(name) is on the epoch layer, and the files that keep it there over a restart of the host are not whole",
                hint:
                    "write its backing device into /etc/replicactl/disks.d/\(name), and `disk \(now.layerPath);` into DRBD's file"
            )
        case (nil, let backing?) where now.namesLayer: self = .finish(backing: backing)
        case (nil, _):
            self = .refuse("\(name) has no disk attached", hint: "attach it: drbdadm attach \(name)")
        case (let lower?, let backing?) where backing != lower:
            self = .refuse(
                "/etc/replicactl/disks.d/\(name) names \(backing), and DRBD uses \(lower)",
                hint: "delete that file if it is of an earlier time")
        case (let lower?, _):
            if !volume.isUpToDate {
                self = .refuse(
                    "the copy of \(name) on this host is not up to date", hint: "wait for the end of its resync")
            } else if !now.named.contains(lower), !now.namesLayer {
                self = .refuse(
                    "DRBD uses \(lower), and its file has no `disk \(lower);` of \(name)",
                    hint: "bring the two together (drbdadm adjust \(name)), then try again")
            } else {
                self = .wrap(backing: lower)
            }
        }
    }

    /// What stands in the way of a detach and of an attach, whichever direction it goes.
    fileprivate static func obstacle(_ now: DiskSituation, _ volume: DiskSituation.Volume) -> WrapDecision? {
        let name = now.resource
        if now.volumes.count > 1 {
            return .refuse(
                "\(name) has \(now.volumes.count) volumes", hint: "give each of a guest's disks a resource of its own")
        }
        if now.hasJournal {
            return .refuse(
                "a takeover of \(name) was not finished: its undo journal is there",
                hint: "let the controller or `replicactl disk assemble` settle it first")
        }
        if volume.hasInternalMetadata {
            return .refuse(
                "the DRBD metadata of \(name) are on its data device, and would be taken back with the data",
                hint: "move them to a device of their own (docs/disks.md)")
        }
        if volume.isProtected || now.layer?.isArmed == true {
            return .refuse(
                "a guest is protected with \(name)",
                hint: "end its protection first: replicactl unprotect; what a controller left that is gone, "
                    + "`replicactl disk assemble` or `drbdadm adjust \(name)` puts to rest")
        }
        if volume.isPrimary, !volume.hasGoodPeer {
            return .refuse(
                "\(name) is primary here and has no connected peer with an up-to-date copy, which has to serve it meanwhile",
                hint: "connect the peer and wait for the resync, or make it secondary here")
        }
        return nil
    }
}

/// What comes of `replicactl disk unwrap`.
enum UnwrapDecision: Equatable, Sendable {
    /// It is not on the layer, and nothing of ours is left.
    case isDone
    /// The steps that are left; each is passed over when there is nothing to do.
    case unwrap(Steps)
    case refuse(String, hint: String)

    /// What has to be done, in this order.
    struct Steps: Equatable, Sendable {
        /// What DRBD's file is to name again; `nil` when it does not name the layer.
        var rewriteTo: String?
        var detaches: Bool
        var removesLayer: Bool
        var attaches: Bool
    }

    /// Decides.
    init(_ now: DiskSituation) {
        let volume = now.volumes.first
        let isOnLayer = volume?.lower == now.layerPath
        guard isOnLayer || now.layer != nil || now.bootBacking != nil || now.namesLayer else {
            self = .isDone
            return
        }
        if case .refuse(let why, let hint)? = WrapDecision.obstacle(now, volume ?? DiskSituation.Volume(lower: nil)) {
            self = .refuse(why, hint: hint)
            return
        }
        if now.namesLayer, now.bootBacking == nil {
            self = .refuse(
                "/etc/replicactl/disks.d/\(now.resource) is missing, which names the disk below the layer",
                hint: "write the path of that device into it, as one line")
            return
        }
        self = .unwrap(
            Steps(
                rewriteTo: now.namesLayer ? now.bootBacking : nil, detaches: isOnLayer,
                removesLayer: now.layer != nil, attaches: volume != nil && (isOnLayer || volume?.lower == nil)))
    }
}
