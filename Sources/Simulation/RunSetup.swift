internal import Heartbeat
public import ReplicaModel
public import ReplicaProtocol

/// Everything that a run is made of: the operator's choices, the hosts' clocks, the faults.
public struct RunSetup: Sendable {
    /// The seed of everything that is left to chance.
    public var seed: UInt64
    /// Who may own the domain.
    public var policy: OwnershipPolicy = .safeByLease
    /// Whether a fencing agent is configured.
    public var fencing = false
    /// When a domain without a replica gets one again.
    public var reprotection: Reprotection.Mode = .automatic
    /// The wait of ``Reprotection/Mode/delayed``.
    public var reprotectionDelay: Milliseconds = 1_000
    /// Whether a primary that lost its LAN hands the domain over.
    public var moveWhenLanIsLost = true
    /// How much too fast each host's clock runs, in millionths.
    public var drift: [Int64] = [0, 0]
    /// Datagrams lost, of a thousand, and whether others are late or come twice.
    public var lossPerMille: UInt64 = 0
    /// Whether some datagrams are late, come twice or overtake others.
    public var isDirty = false
    /// Whether the guest has a disk, which is mirrored.
    public var hasDisks = false
    /// Whether it writes nearly all the time.
    var writesOften = false
    /// From one beat to the next.
    public var interval: Milliseconds = 50
    /// The faults, and what the operator does.
    public var faults: [Fault] = []
    /// Whether the only fault never ends, and rule 5 is judged while it stands.
    public var leavesFault = false
    /// Bugs that are switched on.
    public var plantedFaults = PlantedFaults()
    /// When the guest is first protected.
    var protectAt = milliseconds(700)
    /// When a run ends that a scenario describes; others end when everything is well again.
    var end: VirtualTime?

    /// Describes a run without faults.
    public init(seed: UInt64) { self.seed = seed }

    /// The silence after which a path counts as silent; may be well below the lease.
    public var heartbeatTimeout: Milliseconds = 400
    /// How long a restore takes, in milliseconds: at least this, and up to this much more.
    var restore: (least: UInt64, spread: UInt64) = (30, 300)
    let leaseTerms = LeaseTerms(duration: 400, driftMargin: 50)
    let epochInterval = milliseconds(200)
    let acknowledgeTimeout = milliseconds(1_000)
    let diskBarrierTimeout = milliseconds(500)
    let imagePieces = 5
    let imagePieceTime = milliseconds(100)
    /// So long after the last fault everything has to be well again.
    let patience = milliseconds(70_000)

    var rules: OwnershipRules {
        OwnershipRules(policy: policy, fencing: fencing, headStart: 150, retryDelay: 500)
    }

    var primaryPolicy: PrimaryMachine.Policy {
        PrimaryMachine.Policy(
            moveWhenLanIsLost: moveWhenLanIsLost, carrierDelay: 300, detectionTime: heartbeatTimeout, ownership: rules)
    }

    /// Whether two owners are possible by the policy's own description, when all paths fail with every carrier present.
    var trustsSilence: Bool { (policy == .trustPaths || policy == .manual) && !(fencing && policy == .trustPaths) }

    /// Whether nothing fails but the networks between the hosts.
    var hasOnlyPartitions: Bool {
        faults.allSatisfy { fault in
            switch fault.kind {
            case .lanPartition, .replicationPartition, .totalPartition, .lanOneWay, .replicationOneWay, .noise,
                .slowConnection, .connectionReset:
                true
            default: false
            }
        }
    }

    func heartbeat(of host: HostNumber) -> HeartbeatConfiguration {
        var configuration = HeartbeatConfiguration(
            ownName: host.name, peerName: host.other.name,
            paths: Network.allCases.map {
                HeartbeatPath(
                    name: $0.name, network: $0 == .lan ? .lan : .replication, localAddress: "192.0.2.1",
                    peerAddress: "192.0.2.2", port: 7_789, carrierInterface: $0.name)
            })
        configuration.interval = interval
        configuration.misses = heartbeatTimeout.rawValue / interval.rawValue
        configuration.lease = leaseTerms.duration
        configuration.driftMargin = leaseTerms.driftMargin
        return configuration
    }
}
