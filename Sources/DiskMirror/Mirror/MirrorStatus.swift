/// One volume as DRBD describes it when asked: its settings, its metadata, and how far a resync is.
///
/// The events do not tell these; they tell when to ask again.
public struct MirrorStatus: Equatable, Sendable {
    /// What is known only while a disk is attached.
    public struct Disk: Equatable, Sendable {
        /// The lower device, as it was configured.
        public let backingDevice: String
        /// The device of the metadata, as it was configured.
        public let metadataDevice: String
        /// Whether the metadata lie at the end of the data.
        public let hasInternalMetadata: Bool
        /// What happens to writes when the peer is lost.
        public let fencing: MirrorFencing
        /// The identifiers of this state of the data.
        public let identifiers: MirrorIdentifiers
        /// Blocks of 4 KiB that differ from the peer's copy.
        public let blocksOutOfSync: UInt64
    }

    /// What is known only while a connection is configured.
    public struct Connection: Equatable, Sendable {
        /// When a write counts as done.
        public let wireProtocol: MirrorProtocol?
        /// Whether both hosts may be primary at once (`allow-two-primaries`).
        public let allowsTwoPrimaries: Bool
        /// The two addresses that name the connection in orders, as the kernel has them.
        let addresses: Addresses
    }

    struct Addresses: Equatable, Sendable {
        let mine: [UInt8]
        let peer: [UInt8]
    }

    /// The resource.
    public let resource: String
    /// The volume's number in the resource.
    public let volume: UInt32
    /// The number N of `/dev/drbdN`.
    public let minor: UInt32
    /// This host's role.
    public let role: MirrorRole
    /// The peer's role.
    public let peerRole: MirrorRole
    /// The connection, with what is being done over it.
    public let replication: MirrorConnection
    /// The state of the copy here.
    public let diskState: MirrorDisk
    /// The state of the peer's copy.
    public let peerDiskState: MirrorDisk
    /// The attached disk; `nil` without one.
    public let disk: Disk?
    /// The configured connection; `nil` after a disconnect.
    public let connection: Connection?
    /// How much of a resync is done, in thousandths; `nil` when none runs.
    public let resyncThousandths: Int?
}

extension MirrorStatus {
    init(_ message: MirrorMessage.Content) throws(MalformedMessage) {
        typealias Nest = DRBDInterface.Nest
        typealias Info = DRBDInterface.StateInfo
        let attributes = message.attributes
        let context = try attributes.nest(Nest.context)
        resource = try MirrorEvent.known(context.text(DRBDInterface.Context.resource), "the name of a resource")
        volume = try MirrorEvent.known(context.number32(DRBDInterface.Context.volume), "the number of a volume")
        minor = message.minor
        let info = try attributes.nest(Nest.stateInfo)
        let state = try MirrorEvent.known(info.number32(Info.currentState), "the state of a device")
        // The bit field `drbd_dev_state`, from the lowest bit: role 2, peer 2, connection 5, disk 4, peer's disk 4.
        role = try MirrorEvent.known(MirrorRole(rawValue: state & 3), "known role")
        peerRole = try MirrorEvent.known(MirrorRole(rawValue: state >> 2 & 3), "known role of a peer")
        let replication = try MirrorEvent.known(
            MirrorConnection(rawValue: state >> 4 & 31), "known state of a connection")
        self.replication = replication
        diskState = try MirrorEvent.known(MirrorDisk(rawValue: state >> 9 & 15), "known state of a disk")
        peerDiskState = try MirrorEvent.known(MirrorDisk(rawValue: state >> 13 & 15), "known state of a peer's disk")
        disk = try Disk(attributes, info: info)
        connection = try Connection(attributes, context: context)
        resyncThousandths = Self.thousandths(
            left: info.number64(Info.bitsOutOfSync), total: info.number64(Info.bitsOfResync),
            failed: info.number64(Info.bitsFailed), replication: replication)
    }

    /// How much of a resync is done; DRBD also counts an online verify there, which is none.
    private static func thousandths(
        left: UInt64?, total: UInt64?, failed: UInt64?, replication: MirrorConnection
    ) -> Int? {
        let isResync: [MirrorConnection] = [.syncSource, .syncTarget, .pausedSyncSource, .pausedSyncTarget]
        guard isResync.contains(replication), let left, let total else { return nil }
        guard total > 0 else { return 0 }
        let open = left - min(left, failed ?? 0)
        // In floating point: a product of untrusted numbers could overflow.
        return 1000 - Int((Double(min(open, total)) / Double(total) * 1000).rounded(.up))
    }
}

extension MirrorStatus.Disk {
    init?(_ attributes: NetlinkAttributes, info: NetlinkAttributes) throws(MalformedMessage) {
        typealias Option = DRBDInterface.DiskOption
        typealias Info = DRBDInterface.StateInfo
        let options = try attributes.nest(DRBDInterface.Nest.diskOptions)
        guard let backing = options.text(Option.backingDevice) else { return nil }
        backingDevice = backing
        metadataDevice = options.text(Option.metadataDevice) ?? ""
        let index = try MirrorEvent.known(options.number32(Option.metadataIndex), "the place of the metadata")
        hasInternalMetadata = DRBDInterface.internalMetadata.contains(Int32(bitPattern: index))
        fencing = try MirrorEvent.known(
            options.number32(Option.fencing).flatMap(MirrorFencing.init), "known fencing policy")
        let names = (info.bytes(Info.identifiers) ?? [])[...]
        let numbers = stride(from: 0, to: names.count - names.count % 8, by: 8).map { names.number64(at: $0) }
        identifiers = MirrorIdentifiers(
            current: numbers.first ?? 0, bitmap: numbers.dropFirst().first ?? 0,
            history: Array(numbers.dropFirst(2)), flags: info.number32(Info.diskFlags) ?? 0)
        blocksOutOfSync = info.number64(Info.bitsOutOfSync) ?? 0
    }
}

extension MirrorStatus.Connection {
    init?(_ attributes: NetlinkAttributes, context: NetlinkAttributes) throws(MalformedMessage) {
        guard let mine = context.bytes(DRBDInterface.Context.myAddress),
            let peer = context.bytes(DRBDInterface.Context.peerAddress)
        else { return nil }
        addresses = MirrorStatus.Addresses(mine: mine, peer: peer)
        let options = try attributes.nest(DRBDInterface.Nest.netOptions)
        wireProtocol = options.number32(DRBDInterface.NetOption.wireProtocol).flatMap(MirrorProtocol.init)
        allowsTwoPrimaries = options.flag(DRBDInterface.NetOption.twoPrimaries)
    }
}
