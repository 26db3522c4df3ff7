// The backup's decisions for one replica: events and the time in, actions out; no clock and no I/O.

public import Heartbeat
public import ReplicaModel
public import Witness

/// Decides on the backup which checkpoint is committed and when the replica may become the domain.
///
/// It activates only from a committed checkpoint, only with a LAN port of its own that works, and only when the
/// primary's right to release output has certainly run out and the policy, the witness or the fencing agent gave the
/// domain to it, or when the primary gave the domain away (safety rule 2).
public struct BackupMachine: Equatable, Sendable {
    /// Where the replica stands.
    public enum State: Equatable, Sendable {
        /// The first whole copy is arriving; there is nothing yet that could take over.
        case receiving
        /// A checkpoint is committed: the replica may take over.
        case armed
        /// The primary is silent and the time is over; the lease is being withdrawn before the decision.
        case withdrawing
        /// The primary's right has run out; the witness or the fencing agent is asked.
        case deciding
        /// The decision to take over is made; the domain runs once it is on disk.
        case activating(ReasonCode)
        /// The domain runs here.
        case active(ReasonCode)
        /// The replica is given up; it will never run.
        case discarded(ReasonCode)
    }

    /// What the machine is told.
    public enum Event: Equatable, Sendable {
        /// Something of the primary arrived on the checkpoint connection.
        case heard
        /// A checkpoint begins to arrive.
        case arriving(Epoch, generation: Generation)
        /// The primary's guest stands still, and has written to its disks since the last barrier.
        case barrier(Epoch, generation: Generation)
        /// What ``Action/placeBarrier(_:)`` asked for stands.
        case barrierPlaced(Epoch)
        /// A whole checkpoint is staged and verified.
        case verified(Epoch, generation: Generation)
        /// The checkpoint connection ended.
        case connectionLost
        /// The primary ended the protection.
        case stopped(ReasonCode)
        /// The primary gave the domain away.
        case handedOver(Generation)
        /// The operator says that the primary does not run the domain, and orders the takeover.
        case ordered
        /// What the heartbeat service says of the primary's host.
        case report(HeartbeatReport)
        /// The heartbeat service is away: nothing may be concluded from silence.
        case reportsLost
        /// The claims with this number, which no longer grant the lease, were given to the heartbeat service.
        case leaseWithdrawn(claimsSerial: UInt64)
        /// The witness's answer to a question.
        case witnessAnswered(UInt64, WitnessAnswer)
        /// The fencing agent's result.
        case fenced(UInt64, Bool)
        /// What ``Action/persist(_:_:_:)`` asked for is on disk, or could not be written.
        case persisted(OwnershipRecord.Role, Bool)
        /// The restore helper failed, or a checkpoint was not what it should be: the replica cannot go on.
        case failed(ReasonCode)
        /// The disks are of the committed epoch, and this host's to write.
        case rolledBack
        /// The replica is a whole domain that stands still.
        case restored
        /// The domain runs here.
        case activated
        /// Time has passed.
        case tick
    }

    /// What the machine wants done, in this order.
    public enum Action: Equatable, Sendable {
        /// Begin an undo log of all the domain's disks; answer with ``Event/barrierPlaced(_:)`` or ``Event/failed(_:)``.
        case placeBarrier(Epoch)
        /// Tell the primary that the barrier stands.
        case confirmBarrier(Epoch)
        /// Drop the undo logs that began before this barrier.
        case dropUndoLogs(before: Epoch)
        /// Take the disks back to this barrier and make them this host's to write; `nil` takes nothing back.
        ///
        /// To be answered with ``Event/rolledBack`` or ``Event/failed(_:)``.
        case rollBack(to: Epoch?)
        /// Tell the primary that this checkpoint is committed.
        case acknowledge(Epoch)
        /// Hand this checkpoint to the restore helper.
        case apply(Epoch)
        /// Give the heartbeat service the changed claim and answer with ``Event/leaseWithdrawn(claimsSerial:)``.
        case withdrawLease
        /// Write down who owns the domain, and answer with ``Event/persisted(_:_:)`` before anything else is done.
        case persist(OwnershipRecord.Role, Generation, ReasonCode)
        /// Give the heartbeat service the changed claim.
        case publish
        /// Ask the witness or the fencing agent, and answer with ``Event/witnessAnswered(_:_:)`` or ``Event/fenced(_:_:)``.
        case ask(Arbitration.Request)
        /// Make a whole domain of the replica, which stands still; answer with ``Event/restored`` or ``Event/failed(_:)``.
        case activate(Generation)
        /// Let it run and announce its addresses; answer with ``Event/activated`` or ``Event/failed(_:)``.
        case run
        /// Kill the restore helper and destroy the paused domain.
        case discard
        /// Tell the primary that the replica can no longer take over, where it can be reached.
        case sendReplicaGone(ReasonCode)
        /// Write a decision to the event log (safety rule 7).
        case record(ReasonCode)
    }

    /// Where the replica stands.
    public internal(set) var state: State = .receiving
    /// The generation under which this host speaks of the domain: the primary's, and the next one after activation.
    public internal(set) var generation: Generation
    /// The newest committed checkpoint.
    public internal(set) var committed: Epoch = .none
    /// The undo logs of the domain's disks.
    public internal(set) var undo = UndoLedger()

    /// Who may take over; may be changed while the replica is kept.
    public var rules: OwnershipRules {
        didSet { arbitration.rules = rules }
    }

    /// How far a takeover is.
    enum Progress: Equatable {
        /// The replica is still what it was.
        case decided
        /// It is a whole domain that stands still.
        case restored
        /// It is on record, since then, as this host's; a last look at the heartbeat may stand before its run.
        case recorded(MonotonicTime)
        /// It was ordered to run.
        case running
    }

    let domain: DomainIdentity
    /// Whether the domain has disks of its own, which have to be of the memory's epoch (safety rule 3).
    let hasDisks: Bool
    /// The generation under which the primary made this replica.
    let primaryGeneration: Generation
    var lease: BackupLease
    var gate: ActivationGate?
    var arbitration: Arbitration
    var check: EnrolmentCheck
    /// The first checkpoint is verified, and waits for the witness.
    var awaited: Epoch?
    var silence: SilenceWatch
    var newestStall: MonotonicTime?
    /// Set by a freeze of this host or its controller: the primary may have given us up meanwhile.
    ///
    /// Until it confirms to have heard us after the freeze and still calls the domain protected, the replica may be older
    /// than what clients saw (safety rule 4).
    var unconfirmedSince: MonotonicTime?
    /// The last thing that was recorded of the wait, so that nothing is recorded twice.
    var reluctance: ReasonCode?
    /// This host's LAN port lost its carrier, or has none now; where silence alone decides it counts until the primary is
    /// heard: the silence may be this host's own.
    var mayBeCutOff = false
    /// The primary's last word was that its LAN port has no carrier: it does nothing against this host then.
    var primaryIsCutOff = false
    /// When the newest report was made.
    var lastReportAt: MonotonicTime?
    /// What the takeover has to have on disk before it goes on.
    var recording = OwnershipRecord.Role.successor
    /// How far the takeover is.
    var progress = Progress.decided
    /// When to try again to write the takeover to disk.
    var persistAgainAt: MonotonicTime?
    /// The bugs that are switched on.
    let plantedFaults: PlantedFaults

    /// Starts a replica whose first copy is about to arrive.
    ///
    /// - Parameters:
    ///   - domain: The domain.
    ///   - generation: The primary's generation, accepted by this host.
    ///   - hosts: Who this host and its peer are.
    ///   - lease: The lease arithmetic of the pair.
    ///   - rules: Who may take over.
    ///   - hasDisks: Whether the domain has disks that are mirrored.
    ///   - plantedFaults: Bugs that are switched on, in builds that have them.
    public init(
        domain: DomainIdentity, generation: Generation, hosts: HostPair, lease: BackupLease, rules: OwnershipRules,
        hasDisks: Bool = false, plantedFaults: PlantedFaults = PlantedFaults()
    ) {
        self.domain = domain
        self.hasDisks = hasDisks
        self.generation = generation
        primaryGeneration = generation
        self.lease =
            plantedFaults.contains(.noDriftMargin)
            ? BackupLease(terms: LeaseTerms(duration: lease.terms.duration, driftMargin: 0)) : lease
        self.rules = rules
        self.plantedFaults = plantedFaults
        silence = SilenceWatch(patience: Milliseconds(rawValue: 2 * lease.terms.duration.rawValue))
        check = EnrolmentCheck(rules: rules, hosts: hosts, generation: generation)
        arbitration = Arbitration(
            side: .take, rules: rules, hosts: hosts, generation: generation, plantedFaults: plantedFaults)
    }

    /// What this host tells the peer of the domain with every heartbeat.
    public var claim: DomainClaim {
        let role: ClaimRole =
            switch state {
            case .receiving: .receiving
            case .armed: .armed
            case .withdrawing, .deciding, .activating: .activating
            case .active: .active
            case .discarded: .disarmed
            }
        return DomainClaim(domain: domain, role: role, generation: generation, epoch: committed)
    }

    /// Whether nothing more can change: the domain runs here, or never will.
    public var isSettled: Bool {
        switch state {
        case .active, .discarded: true
        case .receiving, .armed, .withdrawing, .deciding, .activating: false
        }
    }

    /// Takes one event.
    ///
    /// - Parameters:
    ///   - event: What happened.
    ///   - now: This host's time.
    /// - Returns: What to do, in order.
    public mutating func handle(_ event: Event, at now: MonotonicTime) -> [Action] {
        switch event {
        case .heard:
            lease.heard(at: now)
            return hearAgain() + lookAtWitness(at: now)
        case .arriving(let epoch, let sender):
            lease.heard(at: now)
            guard plantedFaults.contains(.acknowledgeBeforeVerification) else { return hearAgain() }
            return hearAgain() + commit(epoch, from: sender)
        case .barrier(let epoch, let sender):
            lease.heard(at: now)
            return hearAgain() + placeBarrier(epoch, from: sender)
        case .barrierPlaced(let epoch):
            return confirmBarrier(epoch)
        case .verified(let epoch, let sender):
            return verify(epoch, from: sender, at: now)
        case .connectionLost:
            return state == .receiving ? giveUp(.connectionLost) : []
        case .stopped(let reason):
            return giveUpAndSaySo(reason)
        case .handedOver(let sender):
            guard isReady, sender == generation else { return [] }
            return takeOver(.handedOver)
        case .ordered:
            if case .activating = state { return runOnOrder() }
            // Checkpoints that still arrive say that the primary is there, whatever the heartbeat says.
            guard isReady, lease.mayActivate(at: now) else { return [] }
            arbitration.order()
            return takeOver(.operatorOrder)
        case .report(let report):
            return look(report, at: now)
        case .reportsLost:
            // The primary heard nothing of this host meanwhile, or nothing of a controller that stood still until its service
            // dropped it, and may have gone on alone.
            let stoodStill = lastReportAt.map { !isCurrent($0, at: now) } ?? false
            if rules.trustSilence || stoodStill { unconfirmedSince = now }
            lastReportAt = nil
            let mayRearm = state == .withdrawing || state == .deciding && !arbitration.isUncertain
            return mayRearm ? rearm(.heartbeatLost) : []
        case .leaseWithdrawn(let serial):
            if state == .withdrawing { gate = ActivationGate(lease: lease, claimsSerial: serial) }
            return []
        case .witnessAnswered(let number, let answer):
            if state == .receiving { return takeLook(number, answer, at: now) }
            let requests = arbitration.answered(number, answer, at: now)
            return requests.map { .ask($0) } + followArbitration()
        case .fenced(let number, let isFenced):
            arbitration.fenced(number, isFenced, at: now)
            return followArbitration()
        case .persisted(let role, let isOnDisk):
            return goOn(after: role, isOnDisk: isOnDisk, at: now)
        case .failed(let reason):
            return giveUpAndSaySo(reason)
        case .rolledBack:
            guard case .activating = state, progress == .decided else { return [] }
            return [.activate(generation)]
        case .restored:
            guard case .activating(let reason) = state else { return [] }
            progress = .restored
            return plantedFaults.contains(.activationNotRecorded) ? [.run] : recordOwner(reason)
        case .activated:
            guard case .activating(let reason) = state else { return [] }
            state = .active(reason)
            return [.publish, .record(.activated)]
        case .tick:
            return tick(at: now)
        }
    }

    /// Whether a checkpoint is committed and no decision to take over was made yet.
    public var isReady: Bool { state == .armed || state == .withdrawing || state == .deciding }

    /// The undo log begins while the guest stands still, so that all it wrote later can be taken back (safety rule 3).
    private mutating func placeBarrier(_ epoch: Epoch, from sender: Generation) -> [Action] {
        guard state == .receiving || state == .armed, sender == generation, epoch == committed.next, hasDisks,
            undo.ask(epoch)
        else { return [] }
        return [.placeBarrier(epoch)]
    }

    private mutating func confirmBarrier(_ epoch: Epoch) -> [Action] {
        guard undo.taken(epoch) else { return [] }
        if plantedFaults.contains(.undoDroppedAtBarrier), let base = undo.commit(epoch) {
            return [.dropUndoLogs(before: base), .confirmBarrier(epoch)]
        }
        return [.confirmBarrier(epoch)]
    }

    /// Whether a verified checkpoint is to be kept, although it is not committed yet.
    public var keepsVerified: Bool { awaited != nil && state == .receiving }

    mutating func lookAtWitness(at now: MonotonicTime) -> [Action] {
        state == .receiving ? check.advance(at: now).map { .ask($0) } : []
    }

    private mutating func takeLook(_ number: UInt64, _ answer: WitnessAnswer, at now: MonotonicTime) -> [Action] {
        check.answered(number, answer, at: now)
        guard let epoch = awaited else { return [] }
        guard check.stands else {
            guard let trouble = check.trouble, reluctance != trouble else { return [] }
            reluctance = trouble
            return [.record(trouble)]
        }
        awaited = nil
        return commit(epoch, from: generation)
    }

    /// The first checkpoint arms the replica: only where the witness would know of it in a takeover.
    private mutating func verify(_ epoch: Epoch, from sender: Generation, at now: MonotonicTime) -> [Action] {
        guard !check.stands, state == .receiving, sender == generation, epoch == committed.next else {
            return commit(epoch, from: sender)
        }
        awaited = epoch
        return lookAtWitness(at: now)
    }

    /// Commits in order and acknowledges what is committed, never the other way round (safety rules 1 and 4).
    private mutating func commit(_ epoch: Epoch, from sender: Generation) -> [Action] {
        guard state == .receiving || state == .armed, sender == generation, epoch == committed.next else { return [] }
        // Memory without the disks that belong to it is no checkpoint (safety rule 3).
        guard !hasDisks || undo.base(of: epoch) != nil else { return giveUpAndSaySo(.diskBarrierMissing) }
        committed = epoch
        let before = state
        state = .armed
        let drop: [Action] = undo.commit(epoch).map { [.dropUndoLogs(before: $0)] } ?? []
        let apply: [Action] =
            plantedFaults.contains(.acknowledgedEpochDropped) && epoch.rawValue % 8 == 0 ? [] : [.apply(epoch)]
        // The claim is given first, because the acknowledgement makes the primary hold its output to it.
        return (before == .armed ? [] : [.publish]) + [.acknowledge(epoch)] + drop + apply
            + (before == .armed ? [.publish] : [])
    }

    /// The primary is told only what is true: a domain that runs here is not gone (safety rule 2).
    mutating func giveUpAndSaySo(_ reason: ReasonCode) -> [Action] {
        let actions = giveUp(reason)
        guard case .discarded = state else { return [] }
        return actions + [.sendReplicaGone(reason)]
    }

    mutating func giveUp(_ reason: ReasonCode) -> [Action] {
        switch state {
        case .receiving, .armed, .withdrawing, .deciding:
            state = .discarded(reason)
            // The copy is gone before anyone hears that it is.
            return [.discard, .publish, .record(reason)]
        case .activating:
            // Nothing runs here. On record again before anyone hears of it: a restarted controller must not say that the
            // domain may have run here, for then the primary would wait without end (safety rule 5).
            state = .discarded(.activationFailed)
            return [
                .discard, .record(.activationFailed), .persist(.successor, generation, .activationFailed), .publish,
            ]
        case .active, .discarded:
            return []
        }
    }

    /// The new generation is on disk before anyone hears of it and before the domain can run under it (safety rule 2).
    ///
    /// It is written twice: as the successor's at the decision, and as the owner's just before the domain runs. If this
    /// host's controller or the host itself dies in between, the record tells that the domain never ran here, and the
    /// primary gets it back (safety rule 5).
    mutating func takeOver(_ reason: ReasonCode) -> [Action] {
        state = .activating(reason)
        if !plantedFaults.contains(.generationNotRaised) { generation = generation.next }
        if plantedFaults.contains(.activationNotRecorded) { return [.record(reason), .publish] + prepareDisks() }
        recording = .successor
        let told: [Action] = plantedFaults.contains(.takeoverNotRecorded) ? [] : [.record(reason)]
        return told + [.persist(.successor, generation, reason)]
    }

    private mutating func goOn(after role: OwnershipRecord.Role, isOnDisk: Bool, at now: MonotonicTime) -> [Action] {
        guard case .activating = state, role == recording else { return [] }
        guard isOnDisk else {
            let isFirst = persistAgainAt == nil
            persistAgainAt = now + rules.retryDelay
            return isFirst ? [.record(.storageFailed)] : []
        }
        persistAgainAt = nil
        guard role == .owner else { return progress == .decided ? [.publish] + prepareDisks() : [] }
        let waits = state == .activating(.primaryDead) && rules.trustSilence
        progress = waits ? .recorded(now) : .running
        return waits ? [] : [.run]
    }

    /// The disks go back to the epoch of the memory before the domain can see them (safety rule 3).
    private func prepareDisks() -> [Action] {
        guard hasDisks else { return [.activate(generation)] }
        if plantedFaults.contains(.disksNotRolledBack) { return [.rollBack(to: nil)] }
        if plantedFaults.contains(.rolledBackToTheNewestBarrier) { return [.rollBack(to: undo.barriers.last)] }
        return [.rollBack(to: undo.base(of: committed))]
    }

    /// The domain stands ready: from now on it may have run here.
    mutating func recordOwner(_ reason: ReasonCode) -> [Action] {
        recording = .owner
        return [.persist(.owner, generation, reason)]
    }

    /// An order ends the wait for the primary's word.
    private mutating func runOnOrder() -> [Action] {
        guard progress == .restored, recording == .successor else { return [] }
        state = .activating(.operatorOrder)
        return [.record(.operatorOrder)] + recordOwner(.operatorOrder)
    }

    private mutating func tick(at now: MonotonicTime) -> [Action] {
        if case .activating(let reason) = state, let moment = persistAgainAt, now >= moment {
            return [.persist(recording, generation, reason)]
        }
        if state == .receiving, awaited != nil { return lookAtWitness(at: now) }
        guard state == .deciding else { return [] }
        // Without a report of now nothing may be concluded, and nobody is asked or fenced; an answer is still taken.
        let isInformed = lastReportAt.map { isCurrent($0, at: now) } ?? false
        let requests = isInformed ? arbitration.advance(at: now, peerRefrains: primaryIsCutOff) : []
        return requests.map { .ask($0) } + followArbitration()
    }
}
