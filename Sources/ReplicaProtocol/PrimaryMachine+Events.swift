// What each event makes the primary do.

internal import Heartbeat
public import ReplicaModel

extension PrimaryMachine {
    /// Takes one event.
    ///
    /// - Parameters:
    ///   - event: What happened.
    ///   - now: This host's time, read just before; a lease is judged by it, so a frozen host judges itself by the
    ///     time after the thaw.
    /// - Returns: What to do, in order.
    public mutating func handle(_ event: Event, at now: MonotonicTime) -> [Action] {
        switch event {
        case .barrier(let epoch, let wroteDisks):
            return close(epoch, wroteDisks: wroteDisks)
        case .diskBarrierPlaced(let epoch):
            if awaitedDiskBarrier == epoch { awaitedDiskBarrier = nil }
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
        case .switchoverRequested(let reason):
            return canSwitchOver ? beginHandover(reason) : []
        case .ordered:
            return takeOrder()
        case .report(let newReport):
            report = newReport
            return look(at: now)
        case .reportsLost:
            report = nil
            mayHaveBeenSilent = true
            lanLostSince = nil
            replicationLostSince = nil
            peerControllerLostSince = nil
            return []
        case .witnessAnswered(let number, let answer):
            let peerDisowns = self.peerDisowns
            let more = enrolment.answered(number, answer, peerDisowns: peerDisowns, at: now)
            let next = arbitration.answered(number, answer, at: now)
            return (more + next).map { .ask($0) } + followEnrolment() + followArbitration()
        case .fenced(let number, let isFenced):
            arbitration.fenced(number, isFenced, at: now)
            return followArbitration()
        case .persisted(let role, let isOnDisk):
            return goOn(after: role, isOnDisk: isOnDisk, at: now)
        case .tick:
            return look(at: now)
        }
    }

    private mutating func close(_ epoch: Epoch, wroteDisks: Bool) -> [Action] {
        closed = epoch
        let before = state
        if state == .seeding { state = .protecting }
        var actions: [Action] = []
        // First, because the guest stands still until the answer.
        if wroteDisks, !plantedFaults.contains(.diskBarrierLeftOut) || epoch == Epoch.none.next {
            awaitedDiskBarrier = epoch
            actions.append(.sendDiskBarrier(epoch))
        }
        if state != before { actions.append(.publish) }
        if plantedFaults.contains(.releaseBeforeAcknowledgement) { actions.append(.release(epoch)) }
        return actions
    }

    private mutating func acknowledge(_ epoch: Epoch, sentAt: MonotonicTime, at now: MonotonicTime) -> [Action] {
        // An acknowledgement of anything but the epoch in flight belongs to another life of the connection.
        guard mayRunEpochs, mayResume, epoch == closed, epoch > acknowledged else { return [] }
        acknowledged = epoch
        acknowledgedAt = now
        lease.renew(confirmed: sentAt)
        if let reason = finalCheckpointReason, isFinal(epoch) {
            // On disk before the backup hears of it: a controller that restarts in between must not go on with the
            // domain (safety rule 2).
            state = .surrendering(reason)
            if plantedFaults.contains(.handoverNotRecorded) {
                return goOn(after: .surrendered, isOnDisk: true, at: now)
            }
            return [.persist(.surrendered, reason)]
        }
        return releaseIfLeased(at: now)
    }

    private func isFinal(_ epoch: Epoch) -> Bool {
        epoch > closedBeforeFinal || plantedFaults.contains(.handoverOfAnOlderEpoch)
    }

    /// Safety rules 1 and 2 meet here: only acknowledged output, and only while nobody else can be the owner.
    mutating func releaseIfLeased(at now: MonotonicTime) -> [Action] {
        guard acknowledged > released else { return [] }
        let isReturning = state == .holding(.leaseExpired)
        guard lease.isValid(at: now) || plantedFaults.contains(.releaseWithoutLease) else {
            if isReturning { return [] }
            state = .holding(.leaseExpired)
            return [.publish, .record(.leaseExpired)]
        }
        released = acknowledged
        state = .protecting
        // A release comes first: the less time between the look at the lease and the release, the better.
        return [.release(released), .publish]
    }

    mutating func loseConnection(_ reason: ReasonCode) -> [Action] {
        switch state {
        case .seeding:
            // No barrier was set, so no replica was ever armed: output never stopped flowing.
            return openOutput(reason, ending: true)
        case .protecting, .holding(.leaseExpired):
            if plantedFaults.contains(.openOnLostConnection) { return openOutput(reason, ending: true) }
            // A pause for want of the lease ends with the next acknowledgement, and without a connection none comes.
            state = .holding(reason == .leaseExpired ? .connectionLost : reason)
            let abandoned: [Action] = finalCheckpointReason == nil ? [] : [.record(.moveAbandoned)]
            finalCheckpointReason = nil
            return [.publish, .endConnection, .record(reason)] + abandoned
        case .surrendered where plantedFaults.contains(.handoverTakenBack):
            return openOutput(reason, ending: true)
        case .holding, .surrendering, .surrendered, .unprotected, .standingDown:
            return []
        }
    }

    private mutating func loseReplica(_ reason: ReasonCode) -> [Action] {
        switch state {
        case .seeding, .protecting, .surrendering, .surrendered:
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
            return [.publish, .record(reason), .sendStop]
        case .holding, .surrendering, .surrendered, .unprotected, .standingDown:
            return []
        }
    }

    private mutating func takeOrder() -> [Action] {
        switch state {
        case .holding, .surrendered:
            // A peer that is heard can say itself what it knows; an order against its word would make two owners. One that
            // has no word on the domain knows nothing that would ever let this host go on.
            guard report?.peerIsHeard != true || peerDisowns else { return [] }
            arbitration.order()
            return openOutput(.operatorOrder, ending: true)
        case .seeding, .protecting, .surrendering, .unprotected, .standingDown:
            return []
        }
    }

    private mutating func goOn(after role: OwnershipRecord.Role, isOnDisk: Bool, at now: MonotonicTime) -> [Action] {
        switch (role, state) {
        case (.surrendered, .surrendering(let reason)):
            guard isOnDisk else {
                // The peer never heard of the handover: the domain stays here.
                finalCheckpointReason = nil
                state = .protecting
                return [.record(.storageFailed)] + releaseIfLeased(at: now)
            }
            state = .surrendered(reason)
            return [.publish, .record(.handedOver), .sendHandover]
        case (.owner, .unprotected):
            let wasTold = persistAgainAt != nil
            // Until it is on disk a controller that restarts holds the output again, and a host that loses its power would
            // give the domain away.
            persistAgainAt = isOnDisk ? nil : now + policy.ownership.retryDelay
            guard !isOpen else { return [] }
            isOpen = true
            // The output opens even if the disk is full (safety rule 5).
            return (isOnDisk || wasTold ? [] : [.record(.storageFailed)]) + [.open]
        default:
            return []
        }
    }

    /// Tries again to write down that this host owns the domain alone.
    mutating func persistAgain(_ reason: ReasonCode, at now: MonotonicTime) -> [Action] {
        guard let moment = persistAgainAt, now >= moment else { return [] }
        persistAgainAt = now + policy.ownership.retryDelay
        return [.persist(.owner, reason)]
    }

    /// The output opens once it is on record that no replica can take over: see ``Event/persisted(_:_:)``.
    mutating func openOutput(_ reason: ReasonCode, ending: Bool) -> [Action] {
        state = .unprotected(reason)
        finalCheckpointReason = nil
        return (ending ? [.endConnection] : []) + [.publish, .record(reason), .persist(.owner, reason)]
    }

    mutating func beginHandover(_ reason: ReasonCode) -> [Action] {
        finalCheckpointReason = reason
        // An epoch that is on its way already is not the final one: the guest has run on since.
        closedBeforeFinal = closed
        return [.record(reason), .captureFinalCheckpoint]
    }

    mutating func standDown() -> [Action] {
        if case .standingDown = state { return [] }
        state = .standingDown(.peerTookOver)
        return [.publish, .endConnection, .record(.peerTookOver), .discardDomain, .persist(.former, .peerTookOver)]
    }
}
