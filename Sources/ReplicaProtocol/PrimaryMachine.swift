// The primary's decisions for one protected domain: events and the time in, actions out; no clock and no I/O.

public import Heartbeat
public import ReplicaModel
public import Witness

/// Decides on the primary when held output may go and what a fault means.
///
/// Output is held from the first barrier on. There are exactly two ways out of that: an acknowledgement that covers
/// it while the lease is valid (safety rule 1), or the knowledge that no replica can take over any more (safety
/// rule 2). `docs/invariants.md` has the state diagram.
public struct PrimaryMachine: Equatable, Sendable {
    /// Where the protection of the domain stands.
    public enum State: Equatable, Sendable {
        /// The first whole copy is under way; output flows, and no replica can take over yet.
        case seeding
        /// Output is held and released epoch by epoch.
        case protecting
        /// Nothing is released: the replica may take over, or may have done so.
        case holding(ReasonCode)
        /// The last checkpoint is acknowledged, and that the domain is handed over is being written to disk.
        case surrendering(ReasonCode)
        /// The domain was handed over; it never runs here again unless the peer says that it gave the replica up.
        case surrendered(ReasonCode)
        /// Output flows; no replica can take over.
        case unprotected(ReasonCode)
        /// The peer owns the domain: this copy is discarded with its held output.
        case standingDown(ReasonCode)
    }

    /// What the operator decided.
    public struct Policy: Equatable, Sendable {
        /// Hand the domain over when this host's LAN port lost its carrier and the peer's has one.
        public var moveWhenLanIsLost: Bool
        /// How long a carrier must be away before anything follows from it.
        public var carrierDelay: Milliseconds
        /// How long an acknowledgement shows that the peer is alive, whatever its heartbeat service does; and how old a
        /// report may be to say something of now.
        public var detectionTime: Milliseconds
        /// How long the peer's controller may be away, on a host that is heard, before the replica counts as gone.
        public var controllerPatience: Milliseconds
        /// Who may go on alone.
        public var ownership: OwnershipRules

        /// Makes a policy of its parts.
        public init(
            moveWhenLanIsLost: Bool, carrierDelay: Milliseconds, detectionTime: Milliseconds,
            controllerPatience: Milliseconds = 10_000, ownership: OwnershipRules
        ) {
            self.controllerPatience = controllerPatience
            self.moveWhenLanIsLost = moveWhenLanIsLost
            self.carrierDelay = carrierDelay
            self.detectionTime = detectionTime
            self.ownership = ownership
        }
    }

    /// What the machine is told.
    public enum Event: Equatable, Sendable {
        /// The guest stands still and the output of its epoch was closed off, before its checkpoint is captured.
        ///
        /// With disks, and where any was written to since the last disk barrier, the backup has to place one as well.
        case barrier(Epoch, wroteDisks: Bool = false)
        /// The backup's disk barrier of this epoch stands.
        case diskBarrierPlaced(Epoch)
        /// The backup holds the whole verified checkpoint. `sentAt` is this host's time at which it was sent.
        case acknowledged(Epoch, sentAt: MonotonicTime)
        /// The connection to the backup ended, or the backup did not acknowledge in time.
        case connectionLost(ReasonCode)
        /// The backup says that its replica can no longer take over.
        case replicaGone(ReasonCode)
        /// The backup says that the domain runs there, under this generation.
        case peerActivated(Generation)
        /// The protection ends in good order: the operator asked for it, or the guest itself ended.
        case stopRequested(ReasonCode)
        /// The operator asks for the domain to be moved to the backup.
        case switchoverRequested(ReasonCode)
        /// The operator says that the peer does not run the domain, and orders to go on alone.
        case ordered
        /// What the heartbeat service says of the peer.
        case report(HeartbeatReport)
        /// The heartbeat service is away: nothing may be concluded from silence.
        case reportsLost
        /// The witness's answer to a question.
        case witnessAnswered(UInt64, WitnessAnswer)
        /// The fencing agent's result.
        case fenced(UInt64, Bool)
        /// What ``Action/persist(_:_:)`` asked for is on disk, or could not be written.
        case persisted(OwnershipRecord.Role, Bool)
        /// Time has passed.
        case tick
    }

    /// What the machine wants done, in this order.
    public enum Action: Equatable, Sendable {
        /// Ask the backup for a disk barrier; the guest stays suspended until ``PrimaryMachine/mayResume``.
        case sendDiskBarrier(Epoch)
        /// Let the output of this epoch, and all before it, go.
        case release(Epoch)
        /// Let all output go and take the buffer out of the path.
        case open
        /// Capture one more checkpoint and leave the guest suspended after it.
        case captureFinalCheckpoint
        /// Tell the backup that the domain is its own now.
        case sendHandover
        /// Tell the backup to discard the replica.
        case sendStop
        /// Close the connection; no further checkpoint.
        case endConnection
        /// Destroy this host's copy of the domain; its held output goes nowhere.
        case discardDomain
        /// Write down who owns the domain, and answer with ``Event/persisted(_:_:)`` before anything else is done.
        case persist(OwnershipRecord.Role, ReasonCode)
        /// Give the heartbeat service the changed claim.
        case publish
        /// Ask the witness or the fencing agent, and answer with ``Event/witnessAnswered(_:_:)`` or ``Event/fenced(_:_:)``.
        case ask(Arbitration.Request)
        /// Write a decision to the event log (safety rule 7).
        case record(ReasonCode)
    }

    /// Where the protection stands.
    public internal(set) var state: State
    /// The generation under which this host owns the domain.
    public let generation: Generation
    /// The newest epoch whose output was closed off.
    public internal(set) var closed: Epoch = .none
    /// The newest epoch that the backup has acknowledged.
    public internal(set) var acknowledged: Epoch = .none
    /// The newest epoch whose output was let go.
    public internal(set) var released: Epoch = .none

    /// The disk barrier that the backup was asked for and has not confirmed.
    public internal(set) var awaitedDiskBarrier: Epoch?

    /// What the operator decided; may be changed while the protection runs.
    public var policy: Policy {
        didSet { arbitration.rules = policy.ownership }
    }

    let domain: DomainIdentity
    var lease: PrimaryLease
    var enrolment: Enrolment
    var arbitration: Arbitration
    var silence: SilenceWatch
    var report: HeartbeatReport?
    var acknowledgedAt: MonotonicTime?
    var lanLostSince: MonotonicTime?
    var replicationLostSince: MonotonicTime?
    var finalCheckpointReason: ReasonCode?
    var closedBeforeFinal = Epoch.none
    /// The last thing that was recorded of the wait, so that nothing is recorded twice.
    var reluctance: ReasonCode?
    /// This host's LAN port lost its carrier, or its controller started, and the peer was not heard since: the silence
    /// may be this host's own.
    var mayBeCutOff = false
    /// This host stood still, or its heartbeat service was away, and the peer was not heard since: the peer may have taken
    /// over meanwhile, and died.
    var mayHaveBeenSilent = false
    var newestStall: MonotonicTime?
    /// The peer's host is heard, and its controller is not there.
    var peerControllerLostSince: MonotonicTime?
    /// That this host owns the domain alone could not be written down; when to try again.
    var persistAgainAt: MonotonicTime?
    /// The output was opened; a later write of the record changes nothing about it.
    var isOpen = false
    /// The peer's last word on the domain was that it takes over.
    var peerIsTakingOver = false
    /// The bugs that are switched on.
    let plantedFaults: PlantedFaults

    /// Starts a protection whose first copy is about to be made; output flows.
    ///
    /// - Parameters:
    ///   - domain: The domain.
    ///   - generation: The generation that the backup accepted for it.
    ///   - hosts: Who this host and its peer are.
    ///   - lease: The lease, not yet granted.
    ///   - policy: The operator's choices.
    ///   - plantedFaults: Bugs that are switched on, in builds that have them.
    public init(
        domain: DomainIdentity, generation: Generation, hosts: HostPair, lease: PrimaryLease, policy: Policy,
        plantedFaults: PlantedFaults = PlantedFaults()
    ) {
        self.domain = domain
        self.generation = generation
        self.lease = lease
        self.policy = policy
        self.plantedFaults = plantedFaults
        silence = SilenceWatch(patience: Milliseconds(rawValue: 2 * policy.detectionTime.rawValue))
        enrolment = Enrolment(rules: policy.ownership, hosts: hosts, generation: generation)
        arbitration = Arbitration(
            side: .keep, rules: policy.ownership, hosts: hosts, generation: generation, plantedFaults: plantedFaults)
        state = .seeding
    }

    /// Takes over a protection that a dead controller left behind: output is held, and the replica may be armed.
    ///
    /// - Parameter wasHandedOver: Whether the record on disk says that the domain was handed over.
    /// - Returns: The machine, holding.
    public func adopting(wasHandedOver: Bool) -> PrimaryMachine {
        var machine = self
        machine.mayBeCutOff = true
        machine.state =
            wasHandedOver ? .surrendered(.controllerRestarted) : .holding(.controllerRestarted)
        if plantedFaults.contains(.openOnAdoption) { machine.state = .unprotected(.controllerRestarted) }
        return machine
    }

    /// Watches over a domain that runs here without a replica, as the record on disk says.
    ///
    /// - Parameter reason: Why it has no replica.
    /// - Returns: The machine, with open output; it stands down when the peer turns out to own the domain.
    public func owning(because reason: ReasonCode) -> PrimaryMachine {
        var machine = self
        machine.state = .unprotected(reason)
        return machine
    }

    /// What this host tells the peer of the domain with every heartbeat.
    public var claim: DomainClaim {
        let role: ClaimRole =
            switch state {
            case .seeding: .seeding
            case .protecting, .holding(.leaseExpired), .surrendering: .protecting
            case .holding: .holding
            case .surrendered: .surrendered
            case .unprotected: .unprotected
            case .standingDown: .holding
            }
        return DomainClaim(domain: domain, role: role, generation: generation, epoch: acknowledged)
    }

    /// Whether nothing more can change: the session has done its work.
    public var isSettled: Bool {
        switch state {
        case .unprotected, .standingDown: true
        case .seeding, .protecting, .holding, .surrendering, .surrendered: false
        }
    }

    /// Whether the guest may run on this host; after a handover it may not until the peer has given it back.
    public var mayRunGuest: Bool {
        switch state {
        case .seeding, .protecting, .holding, .unprotected: true
        case .surrendering, .surrendered, .standingDown: false
        }
    }

    /// Whether the guest may run on after a capture: no later write reaches the backup before its barrier (safety rule 3).
    public var mayResume: Bool {
        awaitedDiskBarrier == nil || !mayRunEpochs || plantedFaults.contains(.resumedBeforeDiskBarrier)
    }

    /// Whether another epoch may be run.
    public var mayRunEpochs: Bool {
        switch state {
        case .seeding, .protecting, .holding(.leaseExpired): true
        case .holding, .surrendering, .surrendered, .unprotected, .standingDown: false
        }
    }

    /// Whether the first checkpoint may be sent: from its acknowledgement on the replica can take over.
    public var mayArm: Bool { enrolment.stands }

    /// Whether a switchover can begin now.
    public var canSwitchOver: Bool {
        state == .protecting && acknowledged > .none && finalCheckpointReason == nil
    }
}
