// What the controller does on its own account: takes up recorded domains, protects again, and clears away.

internal import Heartbeat
internal import OutputBuffer
internal import ReplicaModel
internal import ReplicaProtocol
internal import Synchronization
internal import SystemKit
internal import Telemetry
internal import XenToolstack

/// What housekeeping remembers between two rounds.
struct HousekeepingState {
    /// Recorded domains that could not be taken up yet.
    var notTakenUp: Set<DomainIdentity> = []
    /// Records that cannot be read, for `status`.
    var unreadable: [String] = []
    /// When each domain gets a replica again.
    var reprotections: [DomainIdentity: Reprotection] = [:]
    /// When this host last made a domain anew.
    var starts: [DomainIdentity: MonotonicTime] = [:]
    /// Domains whose takeover an earlier controller did not finish, and whose replica is still there.
    var unfinished: Set<DomainIdentity> = []
    /// When disks are looked after next.
    var disksDueAt: MonotonicTime?
    /// What was told of disks that could not be looked after.
    var diskFailures: [String: String] = [:]
    /// Whether it was told that there are more domains than claims.
    var isOverflowTold = false
    /// When leftovers were last looked for.
    var sweptAt: MonotonicTime?
    /// When old records were last looked for.
    var prunedAt: MonotonicTime?

    /// What is remembered of a start decides for this long whether the next one must wait.
    private static let startMemory: Milliseconds = 600_000

    /// Forgets domains of which this host does not speak any more (safety rule 6).
    ///
    /// - Parameters:
    ///   - domains: Those of which it does.
    ///   - now: This host's time.
    mutating func forgetOthers(than domains: Set<DomainIdentity>, at now: MonotonicTime) {
        reprotections = reprotections.filter { domains.contains($0.key) }
        // A guest that is being made anew has no session for a moment.
        starts = starts.filter { domains.contains($0.key) || now < $0.value + Self.startMemory }
    }
}

extension Controller {
    /// Between two looks for leftovers.
    private static let sweepInterval: Milliseconds = 60_000
    /// Between two looks for old records.
    private static let pruneInterval: Milliseconds = 3_600_000

    /// Takes up the domains that an earlier controller of this host left on record (safety rule 1: held output stays
    /// held until the peer's word).
    func takeUpRecordedDomains() {
        restoreProcessorCaps()
        let (records, failures) = store.all()
        housekeeping.withLock { $0.unreadable = failures.map(\.description) }
        for failure in failures {
            recorder.record(Decision(kind: .failure, role: .controller, reason: .storageFailed, detail: "\(failure)"))
        }
        for record in records {
            if let identity = DomainIdentity(record.domain) { takeUpRecorded(identity) }
        }
    }

    /// Takes one domain up, now or, when that fails, at the next round.
    func takeUpRecorded(_ identity: DomainIdentity) {
        var name = identity.description
        do throws(CommandError) {
            let record: OwnershipRecord?
            do throws(OwnershipStoreError) { record = try store.record(of: identity) } catch {
                throw CommandError(.storageFailed, error.description)
            }
            guard let record else { return }
            name = record.name
            try takeUp(record, identity)
            housekeeping.withLock { _ = $0.notTakenUp.remove(identity) }
        } catch {
            // Another session has it already.
            if error.reason == .alreadyProtected { return housekeeping.withLock { _ = $0.notTakenUp.remove(identity) } }
            let isNew = housekeeping.withLock { $0.notTakenUp.insert(identity).inserted }
            if isNew { recorder.recordNotTakenUp(identity, name, error) }
        }
    }

    /// One round; called about once a second.
    func keepHouse() {
        for identity in housekeeping.withLock({ $0.notTakenUp }) { takeUpRecorded(identity) }
        forgetEndedDomains()
        keepDisks()
        tellOverflow()
        protectAgain()
        sweep()
        prune()
    }

    /// The peer has answered for a domain that is not on this host any more.
    func settle(_ claim: DomainClaim) {
        guard let record = try? store.record(of: claim.domain) else { return }
        recorder.recordSettled(claim, record.name)
        do throws(SessionFailure) {
            try persist(
                claim.domain, record.name, .former, Generation(rawValue: record.generation),
                claim.role == .disarmed ? .replicaGone : .peerTookOver, isProtectionWanted: false)
        } catch {
            recorder.recordOutcome(claim.domain, record.name, error.reason, error.text)
        }
    }

    // MARK: Protecting again

    private func protectAgain() {
        let now = MonotonicTime(nanoseconds: Clock.monotonic)
        let report = table.report
        for (identity, entry) in table.entries {
            guard entry.ownsWithoutReplica, let record = try? store.record(of: identity), record.isProtectionWanted
            else {
                // The pauses between two tries grow until one of them has brought a replica that lasts.
                if entry.isCovered {
                    housekeeping.withLock { state in
                        if state.reprotections[identity]?.isOver(at: now) == true {
                            state.reprotections[identity] = nil
                        }
                    }
                }
                continue
            }
            let policy = configuration.policy
            let isDue = housekeeping.withLock { state in
                var reprotection = state.reprotections[identity] ?? Reprotection()
                let isDue = reprotection.isDue(report, mode: policy.reprotect, delay: policy.reprotectDelay, at: now)
                if isDue { reprotection.tried(at: now) }
                state.reprotections[identity] = reprotection
                return isDue
            }
            if isDue { protectAgain(identity, entry.name) }
        }
    }

    private func protectAgain(_ identity: DomainIdentity, _ name: String) {
        do throws(CommandError) {
            let candidate = try examine(identity.description)
            // Beside the first copy a control domain of few processors has little time for the script, and libxl takes a
            // device away whose script needs longer than 40 s (libxl_internal.h, LIBXL_HOTPLUG_TIMEOUT).
            if let interface = candidate.facts.interfaces.first(where: \.isBeingConnected) {
                return recorder.recordOutcome(
                    identity, name, .devicesChanged,
                    "network interface \(interface.index) is being attached or detached")
            }
            recorder.recordOutcome(identity, name, .reprotecting)
            _ = try beginProtection(candidate)
        } catch {
            recorder.recordOutcome(identity, name, error.reason, "it could not be protected again: \(error.message)")
        }
    }

    // MARK: Clearing away

    /// Lets go of what is said of domains that ended: those that ran here without a replica, and those that took over.
    ///
    /// A claim on a domain that is gone could make the peer discard a copy that an operator started there (safety rule
    /// 5). The record on disk stays, and with it the generation.
    func forgetEndedDomains() {
        var forgot = table.removeSpent()
        defer { if forgot { _ = publishClaims() } }
        guard let domains = try? hypervisor.domains() else { return }
        let present = Set(domains.filter { $0.state != .dying }.map(\.identity))
        for (identity, entry) in table.entries where entry.ownsWithoutReplica && !present.contains(identity) {
            guard table.removeReplaceable(identity) else { continue }
            recorder.recordGone(identity, entry.name)
            forgot = true
        }
    }

    /// Says once that the peer cannot be told of every domain.
    private func tellOverflow() {
        let unsaid = table.unsaidClaims
        let isNew = housekeeping.withLock { state in
            defer { state.isOverflowTold = unsaid > 0 }
            return unsaid > 0 && !state.isOverflowTold
        }
        guard isNew else { return }
        recorder.record(
            Decision(
                kind: .failure, role: .controller, reason: .busy,
                detail: "\(unsaid) domains more than the \(HeartbeatLimits.claims) that a heartbeat has room for"))
    }

    /// Forgets what is old, on disk and in memory.
    private func prune() {
        let now = MonotonicTime(nanoseconds: Clock.monotonic)
        let domains = Set(table.entries.keys)
        let isDue = housekeeping.withLock { state in
            state.forgetOthers(than: domains, at: now)
            if let last = state.prunedAt, now < last + Self.pruneInterval { return false }
            state.prunedAt = now
            return true
        }
        guard isDue else { return }
        forgetOldRecords()
        tunings.withLock { tunings in tunings = tunings.filter { domains.contains($0.key) } }
    }

    /// Takes back what earlier sessions left in the kernel: buffer devices whose interface is gone, DRBD's fencing.
    private func sweep() {
        let now = MonotonicTime(nanoseconds: Clock.monotonic)
        let isDue = housekeeping.withLock { state in
            if let last = state.sweptAt, now < last + Self.sweepInterval { return false }
            state.sweptAt = now
            return true
        }
        guard isDue else { return }
        releaseLeftFencing()
        restoreProcessorCaps()
        do throws(OutputBufferError) {
            for orphan in try HeldInterface.cleanUpOrphans() {
                Log.notice(
                    "A buffer device without its interface was deleted", ("REPLICACTL_INTERFACE", orphan.device),
                    ("REPLICACTL_DETAIL", "\(orphan.discardedFrames) frames went with it"))
            }
        } catch {
            Log.warning("Buffer devices could not be looked at", ("REPLICACTL_DETAIL", error.description))
        }
    }
}
