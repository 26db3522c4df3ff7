/// What is known of one DRBD resource, folded from the events.
public struct MirrorState: Equatable, Sendable {
    /// One volume: a device here, and its relation to the peer's copy.
    public struct Volume: Equatable, Sendable {
        /// The number N of `/dev/drbdN`.
        public internal(set) var minor: UInt32
        /// The state of the copy here.
        public internal(set) var disk: MirrorDisk
        /// The state of the peer's copy.
        public internal(set) var peerDisk: MirrorDisk
        /// What is being done over the connection.
        public internal(set) var replication: MirrorConnection
        /// Whether a resync is held up.
        public internal(set) var isPaused: Bool
        /// Sectors of 512 bytes that differ, as of the last change of state.
        public internal(set) var outOfSync: UInt64
        /// The size in sectors of 512 bytes.
        public internal(set) var sectors: UInt64
        /// Requests that the disk here works on, as of the last change of state or the dump.
        public internal(set) var localRequests: UInt32
    }

    /// The resource's name.
    public let resource: String
    /// This host's role.
    public internal(set) var role: MirrorRole = .unknown
    /// The peer's role.
    public internal(set) var peerRole: MirrorRole = .unknown
    /// Whether requests are held, and why.
    public internal(set) var suspension: MirrorSuspension = []
    /// The state of the connection, at most ``MirrorConnection/awaitingParameters``; StandAlone when none is configured.
    public internal(set) var connection: MirrorConnection = .standAlone
    /// The volumes by their number in the resource.
    public internal(set) var volumes: [UInt32: Volume] = [:]
    /// The handler that the kernel waits for, if any.
    public internal(set) var runningHelper: String?

    /// Whether the peer answers; whether a volume is mirrored shows in ``Volume/replication``.
    public var hasPeer: Bool { connection >= .awaitingParameters }

    /// A resource of which nothing is known yet.
    init(resource: String) { self.resource = resource }

    private mutating func change(_ number: UInt32, _ body: (inout Volume) -> Void) {
        var volume =
            volumes[number]
            ?? Volume(
                minor: DRBDInterface.noMinor, disk: .diskless, peerDisk: .unknown, replication: .standAlone,
                isPaused: false, outOfSync: 0, sectors: 0, localRequests: 0)
        body(&volume)
        volumes[number] = volume
    }

    mutating func apply(_ facts: MirrorResourceFacts) {
        role = facts.role
        suspension = facts.suspension
    }

    mutating func apply(_ facts: MirrorConnectionFacts?) {
        connection = facts?.connection ?? .standAlone
        peerRole = facts?.peerRole ?? .unknown
    }

    mutating func apply(_ facts: MirrorDeviceFacts?, volume number: UInt32) {
        guard let facts else {
            volumes[number] = nil
            return
        }
        change(number) {
            $0.minor = facts.minor
            $0.disk = facts.disk
            $0.sectors = facts.sectors
            $0.localRequests = facts.localRequests
        }
    }

    mutating func apply(_ facts: MirrorPeerDeviceFacts?, volume number: UInt32) {
        guard let facts else {
            guard volumes[number] != nil else { return }
            change(number) {
                $0.replication = .standAlone
                $0.peerDisk = .unknown
                $0.isPaused = false
            }
            return
        }
        change(number) {
            $0.replication = facts.replication
            $0.peerDisk = facts.peerDisk
            $0.isPaused = facts.isPaused
            $0.outOfSync = facts.outOfSync
        }
    }
}
