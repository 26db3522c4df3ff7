// The backup's decisions for one replica: events and the time in, actions out; no clock and no I/O.

public import Heartbeat
public import ReplicaModel

/// Decides on the backup which checkpoint is committed and when the replica may become the domain.
///
/// It activates only from a committed checkpoint, only with a LAN port of its own that works, and only when the
/// primary's right to release output has certainly run out, or when the primary gave the domain away (safety rule 2).
public struct BackupMachine: Equatable, Sendable {
    /// Where the replica stands.
    public enum State: Equatable, Sendable {
        /// The first whole copy is arriving; there is nothing yet that could take over.
        case receiving
        /// A checkpoint is committed: the replica may take over.
        case armed
        /// The primary is silent and the time is over; the lease is being withdrawn before the decision.
        case withdrawing
        /// The decision to take over is made and on record.
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
        /// A whole checkpoint is staged and verified.
        case verified(Epoch, generation: Generation)
        /// The checkpoint connection ended.
        case connectionLost
        /// The primary ended the protection.
        case stopped(ReasonCode)
        /// The primary gave the domain away.
        case handedOver(Generation)
        /// What the heartbeat service says of the primary's host.
        case report(HeartbeatReport)
        /// The heartbeat service is away: nothing may be concluded from silence.
        case reportsLost
        /// The claims with this number, which no longer grant the lease, were given to the heartbeat service.
        case leaseWithdrawn(claimsSerial: UInt64)
        /// The restore helper failed, or a checkpoint was not what it should be: the replica cannot go on.
        case failed(ReasonCode)
        /// The domain runs here.
        case activated
    }

    /// What the machine wants done, in this order.
    public enum Action: Equatable, Sendable {
        /// Tell the primary that this checkpoint is committed.
        case acknowledge(Epoch)
        /// Hand this checkpoint to the restore helper.
        case apply(Epoch)
        /// Give the heartbeat service the changed claim and answer with ``Event/leaseWithdrawn(claimsSerial:)``.
        case withdrawLease
        /// Write the new generation to disk, then make the replica the domain and announce its addresses.
        case activate(Generation)
        /// Kill the restore helper and destroy the paused domain.
        case discard
        /// Tell the primary that the replica can no longer take over, where it can be reached.
        case sendReplicaGone(ReasonCode)
        /// Write a decision to the event log (safety rule 7).
        case record(ReasonCode)
    }

    /// Where the replica stands.
    public private(set) var state: State = .receiving
    /// The generation under which this host speaks of the domain: the primary's, and the next one after activation.
    public private(set) var generation: Generation
    /// The newest committed checkpoint.
    public private(set) var committed: Epoch = .none

    private let domain: DomainIdentity
    private var lease: BackupLease
    private var gate: ActivationGate?
    private var newestStall: MonotonicTime?
    /// Set by a freeze of this host: the primary may have given us up meanwhile.
    ///
    /// Until it confirms to have heard us
    /// after the freeze and still calls the domain protected, the replica may be older than what clients saw
    /// (safety rule 4).
    private var unconfirmedSince: MonotonicTime?
    private var reluctance: ReasonCode?
    /// This host's LAN port lost its carrier and the primary was not heard since: the silence may be this host's own.
    private var mayBeCutOff = false

    /// Starts a replica whose first copy is about to arrive.
    ///
    /// - Parameters:
    ///   - domain: The domain.
    ///   - generation: The primary's generation, accepted by this host.
    ///   - lease: The lease arithmetic of the pair.
    public init(domain: DomainIdentity, generation: Generation, lease: BackupLease) {
        self.domain = domain
        self.generation = generation
        self.lease = lease
    }

    /// What this host tells the peer of the domain with every heartbeat.
    public var claim: DomainClaim {
        let role: ClaimRole =
            switch state {
            case .receiving: .receiving
            case .armed: .armed
            case .withdrawing, .activating: .activating
            case .active: .active
            case .discarded: .disarmed
            }
        return DomainClaim(domain: domain, role: role, generation: generation, epoch: committed)
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
            hearAgain()
            return []
        case .verified(let epoch, let sender):
            return commit(epoch, from: sender)
        case .connectionLost:
            return state == .receiving ? giveUp(.connectionLost) : []
        case .stopped(let reason):
            return giveUpAndSaySo(reason)
        case .handedOver(let sender):
            guard state == .armed || state == .withdrawing, sender == generation else { return [] }
            return takeOver(.handedOver)
        case .report(let report):
            return look(report, at: now)
        case .reportsLost:
            hearAgain()
            return []
        case .leaseWithdrawn(let serial):
            if state == .withdrawing { gate = ActivationGate(lease: lease, claimsSerial: serial) }
            return []
        case .failed(let reason):
            return giveUpAndSaySo(reason)
        case .activated:
            guard case .activating(let reason) = state else { return [] }
            state = .active(reason)
            return [.record(.activated)]
        }
    }

    /// Commits in order and acknowledges what is committed, never the other way round (safety rules 1 and 4).
    private mutating func commit(_ epoch: Epoch, from sender: Generation) -> [Action] {
        guard state == .receiving || state == .armed, sender == generation, epoch == committed.next else { return [] }
        committed = epoch
        state = .armed
        return [.acknowledge(epoch), .apply(epoch)]
    }

    /// The primary is told only what is true: a domain that runs here is not gone (safety rule 2).
    private mutating func giveUpAndSaySo(_ reason: ReasonCode) -> [Action] {
        let actions = giveUp(reason)
        guard case .discarded = state else { return [] }
        return actions + [.sendReplicaGone(reason)]
    }

    private mutating func giveUp(_ reason: ReasonCode) -> [Action] {
        switch state {
        case .receiving, .armed, .withdrawing:
            state = .discarded(reason)
            return [.discard, .record(reason)]
        case .activating:
            // Nothing runs here, and the primary's right has run out: it is the operator's turn.
            state = .discarded(.activationFailed)
            return [.discard, .record(.activationFailed)]
        case .active, .discarded:
            return []
        }
    }

    private mutating func takeOver(_ reason: ReasonCode) -> [Action] {
        state = .activating(reason)
        generation = generation.next
        return [.record(reason), .activate(generation)]
    }

    private mutating func look(_ report: HeartbeatReport, at now: MonotonicTime) -> [Action] {
        if let contact = report.lastContact { lease.heard(at: contact) }
        gate?.observe(report)
        if !report.ownLanIsUp { mayBeCutOff = true } else if !report.peerIsSilent { mayBeCutOff = false }
        let claim = report.peerClaims.claim(on: domain)
        noteStall(report, claim)
        switch state {
        case .receiving, .armed, .withdrawing: break
        case .activating, .active, .discarded: return []
        }
        if let claim, primaryGaveUp(claim) { return giveUp(.primaryGaveUp) }
        if state == .receiving {
            // The primary is gone before there was anything to take over from.
            return report.peerIsSilent && lease.mayActivate(at: now) ? giveUp(.connectionLost) : []
        }
        if let claim, claim.role == .surrendered, claim.generation == generation, committed >= claim.epoch {
            return takeOver(.handedOver)
        }
        guard report.peerIsSilent else {
            hearAgain()
            return []
        }
        return takeOverIfPrimaryIsGone(at: now)
    }

    private mutating func noteStall(_ report: HeartbeatReport, _ claim: DomainClaim?) {
        if let stall = report.lateness.graceSince, newestStall.map({ stall > $0 }) ?? true {
            newestStall = stall
            unconfirmedSince = stall
        }
        guard let stall = unconfirmedSince, let confirmed = report.newestEchoOfOurs, confirmed > stall else { return }
        if claim?.generation == generation, claim?.role == .protecting { unconfirmedSince = nil }
    }

    private func primaryGaveUp(_ claim: DomainClaim) -> Bool {
        switch claim.role {
        case .holding, .unprotected: claim.generation >= generation
        case .seeding, .protecting: claim.generation > generation
        case .surrendered, .receiving, .armed, .disarmed, .activating, .active: false
        }
    }

    /// The primary is there after all, or silence proves nothing: the lease is granted again.
    private mutating func hearAgain() {
        reluctance = nil
        guard state == .withdrawing else { return }
        state = .armed
        gate = nil
    }

    private mutating func takeOverIfPrimaryIsGone(at now: MonotonicTime) -> [Action] {
        guard lease.mayActivate(at: now) else { return [] }
        guard !mayBeCutOff else { return refuse(.ownLanLost) }
        guard unconfirmedSince == nil else { return refuse(.unconfirmedAfterStall) }
        if state == .armed {
            state = .withdrawing
            return [.withdrawLease]
        }
        return gate?.isOpen(at: now) == true ? takeOver(.primaryDead) : []
    }

    private mutating func refuse(_ reason: ReasonCode) -> [Action] {
        guard reluctance != reason else { return [] }
        reluctance = reason
        return [.record(reason)]
    }
}
