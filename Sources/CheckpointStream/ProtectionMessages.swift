public import ReplicaModel

/// Asks the backup to make a replica: all it needs before the first page.
public struct Protect: Equatable, Sendable {
    /// The most bytes of ``name``.
    public static let nameLimit = 255
    /// The most bytes of ``configuration``.
    public static let configurationLimit = 256 * 1024
    /// The most bridges.
    public static let bridgeLimit = 64
    /// The most bytes of one bridge's name, as the kernel has it.
    public static let bridgeNameLimit = 15
    /// The most bytes of ``ownership``.
    public static let ownershipLimit = 128
    /// One more than the highest frame number that the format has.
    public static let frameLimit: UInt64 = 1 << 52

    /// The domain's UUID.
    public var identity: DomainIdentity
    /// The domain's name.
    public var name: String
    /// libxl's configuration of the domain, as JSON.
    public var configuration: String
    /// The highest frame number of the domain; a higher one in a record is refused.
    public var highestFrame: UInt64
    /// The domain's memory, in bytes.
    public var memoryBytes: UInt64
    /// The bridges that its interfaces need.
    public var bridges: [String]
    /// The CPUID leaves that the domain sees, 24 bytes each.
    public var cpuidPolicy: [UInt8]
    /// The MSR values that the domain sees, 16 bytes each.
    public var msrPolicy: [UInt8]
    /// Only say whether it could be done.
    public var checkOnly: Bool
    /// The most bytes that one checkpoint will have.
    public var maximumCheckpointBytes: UInt64
    /// The rules by which the primary's host decides who may go on alone; both hosts must have the same.
    public var ownership: String
    /// The host on which the domain was first protected.
    public var home: String
    /// The domain's disks, all of them mirrored.
    public var disks: [MirroredDisk]
    /// How pages are to be encoded; `nil` when they go as they are.
    public var encoding: EncodingTerms?

    /// Makes a request.
    public init(
        identity: DomainIdentity, name: String, configuration: String, highestFrame: UInt64, memoryBytes: UInt64,
        bridges: [String], cpuidPolicy: [UInt8], msrPolicy: [UInt8], checkOnly: Bool, maximumCheckpointBytes: UInt64,
        ownership: String, home: String, disks: [MirroredDisk] = [], encoding: EncodingTerms? = nil
    ) {
        self.identity = identity
        self.name = name
        self.configuration = configuration
        self.highestFrame = highestFrame
        self.memoryBytes = memoryBytes
        self.bridges = bridges
        self.cpuidPolicy = cpuidPolicy
        self.msrPolicy = msrPolicy
        self.checkOnly = checkOnly
        self.maximumCheckpointBytes = maximumCheckpointBytes
        self.ownership = ownership
        self.home = home
        self.disks = disks
        self.encoding = encoding
    }

    init(from payload: inout PayloadReader) throws(StreamError) {
        identity = DomainIdentity(high: try payload.integer(), low: try payload.integer())
        name = try payload.text(.domainName, limit: Self.nameLimit)
        configuration = try payload.text(.configuration, limit: Self.configurationLimit)
        highestFrame = try payload.integer()
        guard highestFrame < Self.frameLimit else { throw .malformed(payload.type, .value(.highestFrame)) }
        memoryBytes = try payload.integer()
        bridges = []
        for _ in 0..<(try payload.count(.bridges, limit: Self.bridgeLimit)) {
            bridges.append(try payload.text(.bridgeName, limit: Self.bridgeNameLimit))
        }
        cpuidPolicy = try payload.data(.cpuidPolicy, limit: LibxcRecords.maximumPolicySize)
        msrPolicy = try payload.data(.msrPolicy, limit: LibxcRecords.maximumPolicySize)
        checkOnly = try payload.boolean(.checkOnly)
        maximumCheckpointBytes = try payload.integer()
        ownership = try payload.text(.ownership, limit: Self.ownershipLimit)
        home = try payload.text(.home, limit: Greeting.hostNameLimit)
        disks = []
        for _ in 0..<(try payload.count(.disks, limit: MirroredDisk.limit)) {
            disks.append(try MirroredDisk(from: &payload))
        }
        encoding = try EncodingTerms.read(from: &payload)
    }

    func write(to payload: inout PayloadWriter) throws(StreamError) {
        payload.integer(identity.high)
        payload.integer(identity.low)
        try payload.text(name, .domainName, limit: Self.nameLimit)
        try payload.text(configuration, .configuration, limit: Self.configurationLimit)
        guard highestFrame < Self.frameLimit else { throw .malformed(payload.type, .value(.highestFrame)) }
        payload.integer(highestFrame)
        payload.integer(memoryBytes)
        try payload.count(bridges.count, .bridges, limit: Self.bridgeLimit)
        for bridge in bridges { try payload.text(bridge, .bridgeName, limit: Self.bridgeNameLimit) }
        try payload.data(cpuidPolicy, .cpuidPolicy, limit: LibxcRecords.maximumPolicySize)
        try payload.data(msrPolicy, .msrPolicy, limit: LibxcRecords.maximumPolicySize)
        payload.boolean(checkOnly)
        payload.integer(maximumCheckpointBytes)
        try payload.text(ownership, .ownership, limit: Self.ownershipLimit)
        try payload.text(home, .home, limit: Greeting.hostNameLimit)
        try payload.count(disks.count, .disks, limit: MirroredDisk.limit)
        for disk in disks { try disk.write(to: &payload) }
        try EncodingTerms.write(encoding, to: &payload)
    }
}

/// A disk of the domain: a volume of a DRBD resource that both hosts have.
public struct MirroredDisk: Equatable, Sendable {
    /// The most disks of one domain.
    public static let limit = 64
    /// The most bytes of ``resource``.
    public static let resourceLimit = 128
    /// The most bytes of ``path``.
    public static let pathLimit = 1024

    /// The DRBD resource's name.
    public var resource: String
    /// The device as the guest's configuration names it; the backup's libxl opens the same path.
    public var path: String
    /// The volume in it.
    public var volume: UInt32
    /// Its size, in bytes.
    public var bytes: UInt64

    /// Describes a disk.
    public init(resource: String, path: String, volume: UInt32, bytes: UInt64) {
        self.resource = resource
        self.path = path
        self.volume = volume
        self.bytes = bytes
    }

    init(from payload: inout PayloadReader) throws(StreamError) {
        resource = try payload.text(.resource, limit: Self.resourceLimit)
        path = try payload.text(.devicePath, limit: Self.pathLimit)
        volume = try payload.integer()
        bytes = try payload.integer()
    }

    func write(to payload: inout PayloadWriter) throws(StreamError) {
        try payload.text(resource, .resource, limit: Self.resourceLimit)
        try payload.text(path, .devicePath, limit: Self.pathLimit)
        payload.integer(volume)
        payload.integer(bytes)
    }
}

/// Why a protection ends, in words for programs and for people: the content of `stop` and of `lost`.
public struct Ending: Equatable, Sendable {
    /// The most bytes of ``text``.
    public static let textLimit = 1024

    /// The reason for programs: a word of `docs/reasons.md`, perhaps one that this release does not know.
    public var reason: String
    /// The reason for people.
    public var text: String

    /// Makes an ending.
    public init(reason: String, text: String) {
        self.reason = reason
        self.text = text
    }

    init(from payload: inout PayloadReader) throws(StreamError) {
        reason = try payload.word(.reason)
        text = try payload.text(.text, limit: Self.textLimit)
    }

    func write(to payload: inout PayloadWriter) throws(StreamError) {
        try payload.word(reason, .reason)
        try payload.text(text, .text, limit: Self.textLimit)
    }
}
