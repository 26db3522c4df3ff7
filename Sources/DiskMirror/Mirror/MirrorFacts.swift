// What the events tell: what is true of a resource, its connection, and its volumes here and there.

/// What is true of a resource as a whole.
public struct MirrorResourceFacts: Equatable, Sendable {
    /// This host's role.
    public let role: MirrorRole
    /// Whether requests are held.
    public let suspension: MirrorSuspension
}

/// What is true of a resource's connection.
public struct MirrorConnectionFacts: Equatable, Sendable {
    /// The state, at most ``MirrorConnection/awaitingParameters``: what comes after is told of each volume.
    public let connection: MirrorConnection
    /// The peer's role.
    public let peerRole: MirrorRole
}

/// What is true of a volume on this host.
public struct MirrorDeviceFacts: Equatable, Sendable {
    /// The number N of `/dev/drbdN`.
    public let minor: UInt32
    /// The state of the copy here.
    public let disk: MirrorDisk
    /// The size in sectors of 512 bytes.
    public let sectors: UInt64
    /// Requests that the disk here works on, as of the last change of state or the dump.
    public let localRequests: UInt32
}

/// What is true of a volume towards the peer.
public struct MirrorPeerDeviceFacts: Equatable, Sendable {
    /// What is being done over the connection; from ``MirrorConnection/connected`` on with a working one.
    public let replication: MirrorConnection
    /// The state of the peer's copy.
    public let peerDisk: MirrorDisk
    /// Whether a resync is held up: by order, by the peer, or by another resync that comes first.
    public let isPaused: Bool
    /// Sectors of 512 bytes that differ, as of the last change of state.
    public let outOfSync: UInt64
}

extension MirrorResourceFacts {
    init(_ attributes: NetlinkAttributes) throws(MalformedMessage) {
        typealias Info = DRBDInterface.ResourceInfo
        let info = try attributes.nest(DRBDInterface.Nest.resourceInfo)
        role = try MirrorEvent.known(info.number32(Info.role).flatMap(MirrorRole.init), "known role")
        var held: MirrorSuspension = []
        if info.flag(Info.suspendedByUser) { held.insert(.byOrder) }
        if info.flag(Info.suspendedWithoutData) { held.insert(.withoutData) }
        if info.flag(Info.suspendedByFencing) { held.insert(.byFencing) }
        suspension = held
    }
}

extension MirrorConnectionFacts {
    init(_ attributes: NetlinkAttributes) throws(MalformedMessage) {
        let info = try attributes.nest(DRBDInterface.Nest.connectionInfo)
        connection = try MirrorEvent.known(
            info.number32(DRBDInterface.ConnectionInfo.connection).flatMap(MirrorConnection.init),
            "known state of a connection")
        peerRole = try MirrorEvent.known(
            info.number32(DRBDInterface.ConnectionInfo.role).flatMap(MirrorRole.init), "known role of a peer")
    }
}

extension MirrorDeviceFacts {
    init(_ attributes: NetlinkAttributes, minor: UInt32) throws(MalformedMessage) {
        self.minor = minor
        disk = try MirrorEvent.known(
            attributes.nest(DRBDInterface.Nest.deviceInfo).number32(DRBDInterface.DeviceInfo.disk)
                .flatMap(MirrorDisk.init), "known state of a disk")
        let statistics = try attributes.nest(DRBDInterface.Nest.deviceStatistics)
        sectors = statistics.number64(DRBDInterface.DeviceInfo.size) ?? 0
        localRequests = statistics.number32(DRBDInterface.DeviceInfo.lowerPending) ?? 0
    }
}

extension MirrorPeerDeviceFacts {
    init(_ attributes: NetlinkAttributes) throws(MalformedMessage) {
        typealias Info = DRBDInterface.PeerDeviceInfo
        let info = try attributes.nest(DRBDInterface.Nest.peerDeviceInfo)
        replication = try MirrorEvent.known(
            info.number32(Info.replication).flatMap(MirrorConnection.init), "known state of a replication")
        peerDisk = try MirrorEvent.known(
            info.number32(Info.disk).flatMap(MirrorDisk.init), "known state of a peer's disk")
        isPaused = [Info.pausedByUser, Info.pausedByPeer, Info.pausedByDependency].contains {
            (info.number32($0) ?? 0) != 0
        }
        outOfSync =
            try attributes.nest(DRBDInterface.Nest.peerDeviceStatistics).number64(Info.outOfSync) ?? 0
    }
}
