// The primary's decisions for one protected domain: events and the time in, actions out; no clock and no I/O.

public import Heartbeat
public import ReplicaModel

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
        /// The last checkpoint is acknowledged and the domain was handed over; it never runs here again unless the
        /// peer says that it gave the replica up.
        case surrendered(ReasonCode)
        /// Output flows; no replica can take over.
        case unprotected(ReasonCode)
        /// The peer owns the domain: this copy is discarded with its held output.
        case standingDown(ReasonCode)
    }

    /// What the operator decided for the cases in which two hosts alone cannot know.
    public struct Policy: Equatable, Sendable {
        /// Hand the domain over when this host's LAN port lost its carrier and the peer's has one.
        public var moveWhenLanIsLost: Bool
        /// How long the LAN carrier must be away before that.
        public var carrierDelay: Milliseconds
        /// Whether the guest goes on with open output once the peer is silent and this host's LAN port has a carrier.
        ///
        /// The alternative holds output until the peer is heard.
        public var runUnprotectedWhenPeerIsDead: Bool
        /// How long an acknowledgement shows that the peer is alive, whatever its heartbeat service does.
        public var detectionTime: Milliseconds

        /// Makes a policy of its parts.
        public init(
            moveWhenLanIsLost: Bool, carrierDelay: Milliseconds, runUnprotectedWhenPeerIsDead: Bool,
            detectionTime: Milliseconds
        ) {
            self.moveWhenLanIsLost = moveWhenLanIsLost
            self.carrierDelay = carrierDelay
            self.runUnprotectedWhenPeerIsDead = runUnprotectedWhenPeerIsDead
            self.detectionTime = detectionTime
        }
    }

    /// What the machine is told.
    public enum Event: Equatable, Sendable {
        /// The output of an epoch was closed off, before its checkpoint is captured.
        case barrier(Epoch)
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
        /// What the heartbeat service says of the peer.
        case report(HeartbeatReport)
        /// The heartbeat service is away: nothing may be concluded from silence.
        case reportsLost
    }

    /// What the machine wants done, in this order.
    public enum Action: Equatable, Sendable {
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
        /// Write a decision to the event log (safety rule 7).
        case record(ReasonCode)
    }

    /// Where the protection stands.
    public private(set) var state: State
    /// The generation under which this host owns the domain.
    public let generation: Generation
    /// The newest epoch whose output was closed off.
    public private(set) var closed: Epoch = .none
    /// The newest epoch that the backup has acknowledged.
    public private(set) var acknowledged: Epoch = .none
    /// The newest epoch whose output was let go.
    public private(set) var released: Epoch = .none

    /// What the operator decided; may be changed while the protection runs.
    public var policy: Policy

    private let domain: DomainIdentity
    private var lease: PrimaryLease
    private var report: HeartbeatReport?
    private var acknowledgedAt: MonotonicTime?
    private var lanLostSince: MonotonicTime?
    private var finalCheckpointReason: ReasonCode?
    private var closedBeforeFinal = Epoch.none
    private var isolationIsRecorded = false
    /// This host's LAN port lost its carrier and the peer was not heard since: the silence may be this host's own.
    private var mayBeCutOff = false
    /// The peer's last word on the domain was that it takes over.
    private var peerIsTakingOver = false
    #if PLANTED_FAULTS
        /// The bugs that are switched on.
        public var plantedFaults: Set<PlantedFault> = []
    #endif

    /// Starts a protection whose first copy is about to be made; output flows.
    ///
    /// - Parameters:
    ///   - domain: The domain.
    ///   - generation: The generation that the backup accepted for it.
    ///   - lease: The lease, not yet granted.
    ///   - policy: The operator's choices.
    public init(domain: DomainIdentity, generation: Generation, lease: PrimaryLease, policy: Policy) {
        self.domain = domain
        self.generation = generation
        self.lease = lease
        self.policy = policy
        state = .seeding
    }

    /// Takes over a protection that a dead controller left behind: output is held, and the replica may be armed.
    ///
    /// - Parameters:
    ///   - domain: The domain.
    ///   - generation: The generation that was on record for it.
    ///   - lease: The lease, not yet granted.
    ///   - policy: The operator's choices.
    /// - Returns: A machine that holds.
    public static func adopting(
        domain: DomainIdentity, generation: Generation, lease: PrimaryLease, policy: Policy
    ) -> PrimaryMachine {
        var machine = PrimaryMachine(domain: domain, generation: generation, lease: lease, policy: policy)
        machine.state = .holding(.controllerRestarted)
        return machine
    }

    /// Watches over a domain that runs here without a replica, as the record on disk says.
    ///
    /// - Parameters:
    ///   - domain: The domain.
    ///   - generation: The generation that is on record for it.
    ///   - lease: The lease; nothing is released under it.
    ///   - policy: The operator's choices.
    ///   - reason: Why it has no replica.
    /// - Returns: A machine with open output, which stands down when the peer turns out to own the domain.
    public static func owning(
        domain: DomainIdentity, generation: Generation, lease: PrimaryLease, policy: Policy, reason: ReasonCode
    ) -> PrimaryMachine {
        var machine = PrimaryMachine(domain: domain, generation: generation, lease: lease, policy: policy)
        machine.state = .unprotected(reason)
        return machine
    }

    /// What this host tells the peer of the domain with every heartbeat.
    public var claim: DomainClaim {
        let role: ClaimRole =
            switch state {
            case .seeding: .seeding
            case .protecting, .holding(.leaseExpired): .protecting
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
        case .seeding, .protecting, .holding, .surrendered: false
        }
    }

    /// Whether the guest may run on this host; after a handover it may not until the peer has given it back.
    public var mayRunGuest: Bool {
        switch state {
        case .seeding, .protecting, .holding, .unprotected: true
        case .surrendered, .standingDown: false
        }
    }

    /// Whether another epoch may be run.
    public var mayRunEpochs: Bool {
        switch state {
        case .seeding, .protecting, .holding(.leaseExpired): true
        case .holding, .surrendered, .unprotected, .standingDown: false
        }
    }

    /// Takes one event.
    ///
    /// - Parameters:
    ///   - event: What happened.
    ///   - now: This host's time, read just before; a lease is judged by it, so a frozen host judges itself by the
    ///     time after the thaw.
    /// - Returns: What to do, in order.
    public mutating func handle(_ event: Event, at now: MonotonicTime) -> [Action] {
        switch event {
        case .barrier(let epoch):
            closed = epoch
            if state == .seeding { state = .protecting }
            #if PLANTED_FAULTS
                if plantedFaults.contains(.releaseBeforeAcknowledgement) {
                    released = epoch
                    return [.release(epoch)]
                }
            #endif
            return []
        case .acknowledged(let epoch, let sentAt):
            return acknowledge(epoch, sentAt: sentAt, at: now)
        case .connectionLost(let reason):
            return loseConnection(reason)
        case .replicaGone(let reason):
            return loseReplica(reason)
        case .peerActivated(let newer):
            return newer > generation ? standDown() : []
        case .stopRequested(let reason):
            return stop(reason)
        case .report(let newReport):
            report = newReport
            return look(at: now)
        case .reportsLost:
            report = nil
            lanLostSince = nil
            return []
        }
    }

    private mutating func acknowledge(_ epoch: Epoch, sentAt: MonotonicTime, at now: MonotonicTime) -> [Action] {
        // An acknowledgement of anything but the epoch in flight belongs to another life of the connection.
        guard mayRunEpochs, epoch == closed, epoch > acknowledged else { return [] }
        acknowledged = epoch
        acknowledgedAt = now
        lease.renew(confirmed: sentAt)
        if let reason = finalCheckpointReason, epoch > closedBeforeFinal {
            state = .surrendered(reason)
            return [.record(.handedOver), .sendHandover]
        }
        return releaseIfLeased(at: now)
    }

    /// Safety rules 1 and 2 meet here: only acknowledged output, and only while nobody else can be the owner.
    private mutating func releaseIfLeased(at now: MonotonicTime) -> [Action] {
        guard acknowledged > released else { return [] }
        guard leaseAllowsRelease(at: now) else {
            if state == .holding(.leaseExpired) { return [] }
            state = .holding(.leaseExpired)
            return [.record(.leaseExpired)]
        }
        released = acknowledged
        state = .protecting
        return [.release(released)]
    }

    private func leaseAllowsRelease(at now: MonotonicTime) -> Bool {
        #if PLANTED_FAULTS
            if plantedFaults.contains(.releaseWithoutLease) { return true }
        #endif
        return lease.isValid(at: now)
    }

    private mutating func loseConnection(_ reason: ReasonCode) -> [Action] {
        switch state {
        case .seeding:
            // No barrier was set, so no replica was ever armed: output never stopped flowing.
            state = .unprotected(reason)
            return [.endConnection, .record(reason), .open]
        case .protecting, .holding(.leaseExpired):
            #if PLANTED_FAULTS
                if plantedFaults.contains(.openOnLostConnection) { return openOutput(reason, ending: true) }
            #endif
            state = .holding(reason)
            finalCheckpointReason = nil
            return [.endConnection, .record(reason)]
        case .holding, .surrendered, .unprotected, .standingDown:
            return []
        }
    }

    private mutating func loseReplica(_ reason: ReasonCode) -> [Action] {
        switch state {
        case .seeding, .protecting, .surrendered:
            return openOutput(reason, ending: true)
        case .holding(let why):
            return openOutput(why == .leaseExpired ? reason : why, ending: why == .leaseExpired)
        case .unprotected, .standingDown:
            return []
        }
    }

    private mutating func stop(_ reason: ReasonCode) -> [Action] {
        switch state {
        case .seeding:
            return [.sendStop] + openOutput(reason, ending: true)
        case .protecting, .holding(.leaseExpired):
            // Output opens only when the backup has said that its replica is gone (safety rule 2).
            state = .holding(reason)
            finalCheckpointReason = nil
            return [.record(reason), .sendStop]
        case .holding, .surrendered, .unprotected, .standingDown:
            return []
        }
    }

    private mutating func openOutput(_ reason: ReasonCode, ending: Bool) -> [Action] {
        state = .unprotected(reason)
        return (ending ? [.endConnection] : []) + [.record(reason), .open]
    }

    private mutating func look(at now: MonotonicTime) -> [Action] {
        guard let report else { return [] }
        if !report.ownLanIsUp { mayBeCutOff = true } else if !report.peerIsSilent { mayBeCutOff = false }
        if let confirmed = report.confirmedSendTime(for: domain, generation: generation) {
            lease.renew(confirmed: confirmed)
        }
        let claim = report.peerClaims.claim(on: domain)
        if let claim, claim.generation > generation, claim.role.isOwner { return standDown() }
        // A takeover that failed is disarmed under the generation that it was to have.
        let isDisarmed = claim.map { $0.role == .disarmed && $0.generation >= generation } ?? false
        if let claim, claim.generation > generation { peerIsTakingOver = claim.role == .activating }
        switch state {
        case .protecting:
            if peerIsDead(at: now) { return loseConnection(.peerDead) + afterHolding(at: now) }
            return moveIfLanIsLost(report, at: now)
        case .holding(.leaseExpired):
            if peerIsDead(at: now) { return loseConnection(.peerDead) + afterHolding(at: now) }
            // Only the peer's own word that it is still armed ends the pause: the lease is renewed by nothing else.
            return releaseIfLeased(at: now)
        case .holding(let reason):
            return isDisarmed ? openOutput(reason, ending: true) : afterHolding(at: now)
        case .surrendered(let reason):
            return isDisarmed ? openOutput(reason, ending: true) : []
        case .seeding, .unprotected, .standingDown:
            return []
        }
    }

    private func peerIsDead(at now: MonotonicTime) -> Bool {
        guard let report, report.peerIsSilent else { return false }
        return acknowledgedAt.map { now >= $0 + policy.detectionTime } ?? true
    }

    private mutating func afterHolding(at now: MonotonicTime) -> [Action] {
        // A peer that had begun to take over before it fell silent may own the domain by now.
        guard peerIsDead(at: now), !peerIsTakingOver else { return [] }
        // Silence on every path: either the peer is dead or this host is cut off. A port without carrier says that it
        // is us; then clients could not be reached anyway, and the peer may take over (safety rule 2). That holds on
        // after the carrier is back, until the peer is heard: its first word comes later than the carrier.
        guard !mayBeCutOff else {
            if isolationIsRecorded { return [] }
            isolationIsRecorded = true
            return [.record(.isolated)]
        }
        guard policy.runUnprotectedWhenPeerIsDead else { return [] }
        return openOutput(.peerDead, ending: true)
    }

    private mutating func moveIfLanIsLost(_ report: HeartbeatReport, at now: MonotonicTime) -> [Action] {
        guard policy.moveWhenLanIsLost, !report.ownLanIsUp, report.peerLanIsUp, acknowledged > .none else {
            lanLostSince = nil
            return []
        }
        let since = lanLostSince ?? now
        lanLostSince = since
        guard finalCheckpointReason == nil, now >= since + policy.carrierDelay else { return [] }
        finalCheckpointReason = .lanLost
        // An epoch that is on its way already is not the final one: the guest has run on since.
        closedBeforeFinal = closed
        return [.record(.lanLost), .captureFinalCheckpoint]
    }

    private mutating func standDown() -> [Action] {
        if case .standingDown = state { return [] }
        state = .standingDown(.peerTookOver)
        return [.endConnection, .record(.peerTookOver), .discardDomain]
    }
}

extension ClaimRole {
    /// Whether a host that says this runs the domain; one that is only taking over may still fail.
    fileprivate var isOwner: Bool {
        switch self {
        case .seeding, .protecting, .holding, .unprotected, .active: true
        case .receiving, .armed, .disarmed, .activating, .surrendered: false
        }
    }
}
