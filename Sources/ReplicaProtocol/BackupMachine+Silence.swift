// What the backup concludes from the heartbeat: the primary's claims, its silence, and this host's own freezes.

internal import Heartbeat
internal import ReplicaModel

extension BackupMachine {
    mutating func look(_ report: HeartbeatReport, at now: MonotonicTime) -> [Action] {
        if let contact = report.lastContact { lease.heard(at: contact) }
        gate?.observe(report)
        silence.observe(report, at: now)
        lastReportAt = report.time
        if !report.ownLanIsUp {
            mayBeCutOff = true
        } else if report.peerIsHeard || !rules.trustSilence {
            mayBeCutOff = false
        }
        if report.peerIsHeard { primaryIsCutOff = !report.peerLanIsUp }
        let claim = report.peerClaims.claim(on: domain)
        noteStall(report, claim)
        switch state {
        case .receiving, .armed, .withdrawing, .deciding: break
        case .activating: return lookBeforeRunning(report, claim) + handle(.tick, at: now)
        case .active, .discarded: return []
        }
        if let claim, primaryGaveUp(claim) { return giveUp(.primaryGaveUp) }
        if state == .receiving {
            // The primary is gone before there was anything to take over from.
            return silence.isSilent(report, at: now) && lease.mayActivate(at: now)
                ? giveUp(.connectionLost) : lookAtWitness(at: now)
        }
        if let claim, handsOver(claim) { return takeOver(.handedOver) }
        guard isCurrent(report.time, at: now) else { return [] }
        if report.peerIsHeard {
            // A host that came back and has no word on the domain may have lost it: the replica may be all that is left, and
            // is not given up for it (safety rule 5). Its controller will say what it has on record.
            let isSilentOnDomain = claim == nil && state == .deciding && arbitration.isUncertain
            return isSilentOnDomain ? [] : hearAgain()
        }
        guard silence.isSilent(report, at: now) else { return state == .withdrawing ? hearAgain() : [] }
        return takeOverIfPrimaryIsGone(at: now)
    }

    /// What a frozen controller finds in its queue is of before the freeze: its silence proves nothing about now.
    func isCurrent(_ moment: MonotonicTime, at now: MonotonicTime) -> Bool {
        now.nanoseconds(since: moment) <= lease.terms.duration.nanoseconds
            || plantedFaults.contains(.oldReportsCount)
    }

    private mutating func noteStall(_ report: HeartbeatReport, _ claim: DomainClaim?) {
        if let stall = report.lateness.graceSince, newestStall.map({ stall > $0 }) ?? true {
            newestStall = stall
            // Under the other policies the primary cannot have gone on without this host's word.
            if rules.trustSilence, !plantedFaults.contains(.replicaUsedAfterStall) { unconfirmedSince = stall }
        }
        guard let stall = unconfirmedSince, let confirmed = report.newestEchoOfOurs, confirmed > stall else { return }
        guard let claim, claim.generation == primaryGeneration else { return }
        switch claim.role {
        case .protecting: unconfirmedSince = nil
        // It let nothing go that this replica does not cover, and does not while it hears of the takeover.
        case .holding, .surrendered: if case .activating = state { unconfirmedSince = nil }
        case .seeding, .unprotected, .receiving, .armed, .disarmed, .activating, .active: break
        }
    }

    /// Where silence alone decided, this host must not have been silent itself since it did.
    ///
    /// Else the primary would have gone on alone (safety rule 2). Making the domain took its time, so a report of after it has to say so.
    private mutating func lookBeforeRunning(_ report: HeartbeatReport, _ claim: DomainClaim?) -> [Action] {
        guard case .activating(let reason) = state, rules.trustSilence else { return [] }
        switch progress {
        case .decided, .running:
            return []
        case .restored:
            // The wait for the primary's word, which may take long.
            guard recording == .successor else { return [] }
            if let claim, wentOnAlone(report, claim) { return giveUpAndSaySo(.primaryGaveUp) }
            return unconfirmedSince == nil ? recordOwner(reason) : []
        case .recorded(let moment):
            guard report.time >= moment else { return [] }
            guard unconfirmedSince != nil else {
                progress = .running
                return [.run]
            }
            progress = .restored
            recording = .successor
            // It has not run here, and a restarted controller has to know that.
            return refrain(.unconfirmedAfterStall) + [.persist(.successor, generation, .unconfirmedAfterStall)]
        }
    }

    private func wentOnAlone(_ report: HeartbeatReport, _ claim: DomainClaim) -> Bool {
        report.peerIsHeard && claim.generation >= primaryGeneration && claim.role.runsOpenly
    }

    private func primaryGaveUp(_ claim: DomainClaim) -> Bool {
        switch claim.role {
        case .holding, .unprotected: claim.generation >= generation
        case .seeding, .protecting: claim.generation > generation
        case .surrendered, .receiving, .armed, .disarmed, .activating, .active: false
        }
    }

    private func handsOver(_ claim: DomainClaim) -> Bool {
        guard claim.role == .surrendered, committed >= claim.epoch else { return false }
        return claim.generation == generation
    }

    /// The primary is there after all: the lease is granted again.
    mutating func hearAgain() -> [Action] {
        reluctance = nil
        // The witness may have this host on record as the owner, and would refuse the primary from now on. Giving the
        // replica up lets the primary go on without asking (safety rule 5).
        if state == .deciding, !arbitration.isAsking, arbitration.isUncertain {
            return giveUpAndSaySo(.witnessUncertain)
        }
        return rearm(.peerAlive)
    }

    /// Goes back to waiting, unless something was asked: what was asked is soon answered, and then decides.
    mutating func rearm(_ reason: ReasonCode) -> [Action] {
        switch state {
        case .deciding where arbitration.isAsking, .receiving, .armed, .activating, .active, .discarded: return []
        case .deciding: arbitration.withdraw()
        case .withdrawing: break
        }
        state = .armed
        gate = nil
        return [.publish, .record(reason)]
    }

    private mutating func takeOverIfPrimaryIsGone(at now: MonotonicTime) -> [Action] {
        guard lease.mayActivate(at: now) || plantedFaults.contains(.takeoverWithinLease) else { return [] }
        guard !mayBeCutOff || plantedFaults.contains(.ignoresOwnCarrier) else { return refrain(.ownLanLost) }
        guard unconfirmedSince == nil else { return refrain(.unconfirmedAfterStall) }
        guard arbitration.canBeDecidedHere else { return refrain(.awaitingOperator) }
        switch state {
        case .armed:
            state = .withdrawing
            if plantedFaults.contains(.leaseNotWithdrawn) { return decide(at: now) }
            return [.record(.leaseWithdrawn), .withdrawLease]
        case .withdrawing:
            let isOpen = gate?.isOpen(at: now) == true || plantedFaults.contains(.takeoverWithinLease)
            return isOpen ? decide(at: now) : []
        case .deciding:
            return handle(.tick, at: now)
        case .receiving, .activating, .active, .discarded:
            return []
        }
    }

    private mutating func decide(at now: MonotonicTime) -> [Action] {
        state = .deciding
        if plantedFaults.contains(.takeoverWithoutWitness) { return takeOver(.primaryDead) }
        return (rules.askOthers ? [.record(.bidBegun)] : []) + handle(.tick, at: now)
    }

    mutating func followArbitration() -> [Action] {
        guard state == .deciding else { return [] }
        switch arbitration.verdict {
        case .granted: return takeOver(.primaryDead)
        case .refused(let reason): return giveUpAndSaySo(reason)
        case .undecided: return arbitration.trouble.map { refrain($0) } ?? []
        }
    }

    private mutating func refrain(_ reason: ReasonCode) -> [Action] {
        guard reluctance != reason else { return [] }
        reluctance = reason
        return [.record(reason)]
    }
}
