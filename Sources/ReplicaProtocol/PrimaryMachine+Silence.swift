// What the primary concludes from the heartbeat: the lease, the peer's claims, its silence and the carriers.

public import Heartbeat
internal import ReplicaModel

extension PrimaryMachine {
    /// Looks at the newest report, and at what is due.
    mutating func look(at now: MonotonicTime) -> [Action] {
        // What a frozen controller finds in its queue is of before the freeze: it says nothing about now.
        if let report, now.nanoseconds(since: report.time) > policy.detectionTime.nanoseconds,
            !plantedFaults.contains(.oldReportsCount)
        {
            self.report = nil
        }
        guard let report else {
            if case .unprotected(let reason) = state { return persistAgain(reason, at: now) }
            return advanceEnrolment(at: now)
        }
        noteOwnSilence(report)
        silence.observe(report, at: now)
        renewLease(report)
        let claim = report.peerClaims.claim(on: domain)
        if let claim, claim.generation > generation, claim.role.isOwner { return standDown() }
        // A takeover that failed is disarmed under the generation that it was to have.
        let isDisarmed =
            !plantedFaults.contains(.disarmedIsNotHeard) && claim.map { $0.role == .disarmed && counts($0) } ?? false
        // Under this host's own generation it is still deciding, and under a newer one it has decided.
        if let claim, claim.generation >= generation { peerIsTakingOver = claim.role == .activating }
        switch state {
        case .seeding:
            return advanceEnrolment(at: now)
        case .protecting:
            if peerIsDead(at: now) { return loseConnection(.peerDead) + bid(at: now) }
            return replicationIsLost(report, at: now)
                ? loseConnection(.replicationLinkLost) : moveIfLanIsLost(report, at: now)
        case .holding(.leaseExpired):
            if peerIsDead(at: now) { return loseConnection(.peerDead) + bid(at: now) }
            // Only the peer's own word that it is still armed ends the pause: the lease is renewed by nothing else.
            return releaseIfLeased(at: now)
        case .holding(let reason):
            if isDisarmed { return openOutput(reason, ending: true) }
            return peerControllerIsLost(report, claim, at: now)
                ? openOutput(.peerControllerLost, ending: true) : bid(at: now)
        case .surrendering:
            return []
        case .surrendered(let reason):
            return isDisarmed ? openOutput(reason, ending: true) : []
        case .unprotected(let reason):
            return persistAgain(reason, at: now)
        case .standingDown:
            return []
        }
    }

    /// Whether the peer's host is there and its controller has been away for longer than a restart takes.
    ///
    /// The replica went with the controller. One that only hangs cannot take over: before it could, it would have to
    /// withdraw the lease through its heartbeat service, which has dropped it and is heard here; and when it comes back, it
    /// waits for this host's word (safety rule 2).
    private mutating func peerControllerIsLost(
        _ report: HeartbeatReport, _ claim: DomainClaim?, at now: MonotonicTime
    ) -> Bool {
        guard report.peerIsHeard, report.peerControllerConnected == false, !peerIsTakingOver,
            claim.map({ $0.role == .armed || $0.role == .receiving }) ?? false,
            !plantedFaults.contains(.deadControllerIsWaitedFor)
        else {
            peerControllerLostSince = nil
            return false
        }
        let since = peerControllerLostSince ?? now
        peerControllerLostSince = since
        return now >= since + policy.controllerPatience
    }

    private mutating func noteOwnSilence(_ report: HeartbeatReport) {
        let stall = report.lateness.graceSince
        if let stall, newestStall.map({ stall > $0 }) ?? true {
            newestStall = stall
            mayHaveBeenSilent = true
        }
        if !report.ownLanIsUp { mayBeCutOff = true }
        // Only a peer that still keeps the replica shows that it took nothing over; one that has no word on the domain may
        // have owned it, and lost it.
        guard report.peerIsHeard, let heard = report.newestHeard, stall.map({ heard > $0 }) ?? true,
            report.confirmedSendTime(for: domain, generation: generation) != nil
        else { return }
        mayHaveBeenSilent = false
        if report.ownLanIsUp { mayBeCutOff = false }
    }

    private mutating func renewLease(_ report: HeartbeatReport) {
        let confirmed =
            plantedFaults.contains(.anyEchoRenews)
            ? report.newestEchoOfOurs : report.confirmedSendTime(for: domain, generation: generation)
        if let confirmed { lease.renew(confirmed: confirmed) }
    }

    private func counts(_ claim: DomainClaim) -> Bool {
        claim.generation >= generation || plantedFaults.contains(.anyGenerationDisarms)
    }

    /// The peer is heard and has no part in the domain.
    public var peerDisowns: Bool {
        // A controller that has just started says nothing of what it has on record yet.
        guard let report, report.peerSpeaksForItself else { return false }
        guard let claim = report.peerClaims.claim(on: domain) else { return true }
        switch claim.role {
        case .receiving, .disarmed: return true
        case .seeding, .protecting, .holding, .unprotected, .armed, .activating, .active, .surrendered: return false
        }
    }

    func peerIsDead(at now: MonotonicTime) -> Bool {
        guard let report, silence.isSilent(report, at: now) else { return false }
        return acknowledgedAt.map { now >= $0 + policy.detectionTime } ?? true
    }

    // MARK: The witness

    private mutating func advanceEnrolment(at now: MonotonicTime) -> [Action] {
        guard state == .seeding else { return [] }
        return enrolment.advance(at: now).map { .ask($0) }
    }

    mutating func followEnrolment() -> [Action] {
        guard state == .seeding, let reason = enrolment.refusal else { return [] }
        return [.sendStop] + openOutput(reason, ending: true)
    }

    // MARK: Silence

    /// On silence either the peer is dead or this host is cut off.
    ///
    /// Two hosts alone cannot know; the policy, the witness or the fencing agent decides.
    private mutating func bid(at now: MonotonicTime) -> [Action] {
        guard let report, peerIsDead(at: now) else { return [] }
        // A port without carrier says that it is us; then clients could not be reached anyway, and the peer may take over
        // (safety rule 2). That holds on after the carrier is back, until the peer is heard: its first word comes later
        // than the carrier. The witness or the agent settles it better than the latch, but a host that no client can reach
        // asks neither.
        let isCutOff = policy.ownership.askOthers ? !report.ownLanIsUp : mayBeCutOff
        if isCutOff, !plantedFaults.contains(.ignoresOwnCarrier) { return refrain(.isolated) }
        // A peer that had begun to take over before it fell silent may own the domain by now.
        if peerIsTakingOver, !policy.ownership.askOthers { return refrain(.ownerUnknown) }
        if mayHaveBeenSilent, policy.ownership.trustSilence { return refrain(.ownerUnknown) }
        let requests = arbitration.advance(at: now)
        return requests.map { .ask($0) } + followArbitration()
    }

    mutating func followArbitration() -> [Action] {
        guard case .holding = state else { return [] }
        switch arbitration.verdict {
        case .granted: return openOutput(.peerDead, ending: true)
        case .refused(let reason): return refrain(reason)
        case .undecided: return arbitration.trouble.map { refrain($0) } ?? []
        }
    }

    private mutating func refrain(_ reason: ReasonCode) -> [Action] {
        if reluctance == reason { return [] }
        reluctance = reason
        return [.record(reason)]
    }

    // MARK: Carriers

    private mutating func moveIfLanIsLost(_ report: HeartbeatReport, at now: MonotonicTime) -> [Action] {
        guard policy.moveWhenLanIsLost, !report.ownLanIsUp, report.peerLanIsUp, canSwitchOver else {
            lanLostSince = nil
            return []
        }
        let since = lanLostSince ?? now
        lanLostSince = since
        return now >= since + policy.carrierDelay ? beginHandover(.lanLost) : []
    }

    /// Without its replication port's carrier no checkpoint can arrive: the wait for its acknowledgement is cut short.
    private mutating func replicationIsLost(_ report: HeartbeatReport, at now: MonotonicTime) -> Bool {
        guard !report.ownReplicationIsUp else {
            replicationLostSince = nil
            return false
        }
        let since = replicationLostSince ?? now
        replicationLostSince = since
        return now >= since + policy.carrierDelay
    }
}

extension ClaimRole {
    /// Whether a primary that says this lets output go that no replica covers.
    var runsOpenly: Bool {
        switch self {
        case .seeding, .unprotected: true
        case .protecting, .holding, .receiving, .armed, .disarmed, .activating, .active, .surrendered: false
        }
    }

    /// Whether a host that says this runs the domain; one that is only taking over may still fail.
    public var isOwner: Bool {
        switch self {
        case .seeding, .protecting, .holding, .unprotected, .active: true
        case .receiving, .armed, .disarmed, .activating, .surrendered: false
        }
    }
}
