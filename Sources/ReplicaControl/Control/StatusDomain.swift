public import ReplicaModel

/// The state of one domain on this host.
public struct DomainStatus: Codable, Equatable, Sendable {
    /// What this host is for the domain.
    public enum Role: String, Codable, Sendable {
        /// The guest runs here.
        case primary
        /// The replica is kept here.
        case backup
    }

    /// Where the domain is in its life; the operator's guide says what each means and what to do.
    public enum State: String, Codable, CaseIterable, Sendable {
        /// Primary: the first copy is at work, output flows.
        case seeding
        /// Primary: every epoch is acknowledged before its output leaves.
        case `protected`
        /// Primary: output is held and waits for an acknowledgement, a lease or a decision.
        case holding
        /// Primary: the guest runs and no backup covers it.
        case unprotected
        /// Primary: the peer took over or may have; this copy stays silent.
        case standingDown = "standing-down"
        /// Backup: the first copy comes in; it cannot take over yet.
        case receiving
        /// Backup: a whole checkpoint is held; it can take over.
        case armed
        /// Backup: the replica is being resumed.
        case activating
        /// Backup: the replica runs here; this host is its owner now.
        case active
        /// Backup: the replica was given up; nothing is held.
        case released
    }

    /// The domain's name.
    public var name: String
    /// The domain's identity on every host.
    public var uuid: String
    /// Xen's number of the domain on this host; absent while it has none.
    public var domid: UInt32?
    /// What this host is for the domain.
    public var role: Role
    /// Where the domain is in its life.
    public var state: State
    /// Counts changes of owner.
    public var generation: UInt64
    /// The last epoch that was acknowledged; 0 before the first.
    public var epoch: UInt64
    /// When the state last changed (RFC 3339).
    public var since: String
    /// Why the state is as it is.
    public var reason: StatusReason?
    /// Since when no backup covers the guest (RFC 3339); absent while one does.
    public var unprotectedSince: String?
    /// How long it ran here with a backup and without one; absent when it never ran here under protection.
    public var protectionTime: ProtectionTime?
    /// The last epoch that was released.
    public var lastEpoch: EpochRecord?
    /// All epochs since protection began.
    public var epochs: EpochSummary?
    /// How its epochs are paced; absent before the first.
    public var pacing: PacingStatus?
    /// The output that is held.
    public var output: OutputStatus?
    /// The memory that holds captured pages.
    public var staging: StagingStatus?
    /// What encoding makes of its pages; absent where they are sent as they are.
    public var encoding: EncodingStatus?
    /// The disks that the guest writes to; absent where there are none.
    public var disks: [DiskStatus]?
    /// When the steps of this host's takeover were done; absent where there was none.
    public var takeover: TakeoverRecord?

    /// Makes a status.
    public init(
        name: String, uuid: String, domid: UInt32? = nil, role: Role, state: State, generation: UInt64, epoch: UInt64,
        since: String, reason: StatusReason? = nil, unprotectedSince: String? = nil, lastEpoch: EpochRecord? = nil,
        epochs: EpochSummary? = nil, pacing: PacingStatus? = nil, output: OutputStatus? = nil,
        staging: StagingStatus? = nil, disks: [DiskStatus]? = nil, takeover: TakeoverRecord? = nil,
        protectionTime: ProtectionTime? = nil, encoding: EncodingStatus? = nil
    ) {
        self.name = name
        self.uuid = uuid
        self.domid = domid
        self.role = role
        self.state = state
        self.generation = generation
        self.epoch = epoch
        self.since = since
        self.reason = reason
        self.unprotectedSince = unprotectedSince
        self.lastEpoch = lastEpoch
        self.epochs = epochs
        self.pacing = pacing
        self.output = output
        self.staging = staging
        self.encoding = encoding
        self.disks = disks
        self.takeover = takeover
        self.protectionTime = protectionTime
    }
}

/// Why a state is as it is.
public struct StatusReason: Codable, Equatable, Sendable {
    /// The cause, as one word.
    public var code: ReasonCode
    /// The same for people, with the values in it.
    public var text: String

    /// Makes a reason.
    public init(_ code: ReasonCode, _ text: String) {
        self.code = code
        self.text = text
    }
}
