public import ReplicaProtocol

extension RunHint {
    /// What a planted bug concerns: the generator is narrowed to it, so that few seeds find it.
    ///
    /// - Parameter fault: The bug.
    /// - Returns: What to draw from.
    public static func concerning(_ fault: PlantedFault) -> RunHint {
        switch fault {
        case .releaseBeforeAcknowledgement, .acknowledgeBeforeVerification, .acknowledgedEpochDropped,
            .openOnLostConnection:
            RunHint()
        case .resumedBeforeDiskBarrier: RunHint(hasDisks: true, kinds: [.powerCut], isTight: true)
        case .diskBarrierLeftOut, .undoDroppedAtBarrier, .rolledBackToTheNewestBarrier,
            .disksNotRolledBack:
            RunHint(hasDisks: true, kinds: [.powerCut, .freeze], moments: [.sent, .barrier])
        case .noFenceDelay:
            RunHint(policies: [.safeByLease, .trustPaths], fencing: true, kinds: [.totalPartition])
        case .disarmedIsNotHeard:
            RunHint(policies: [.safeByLease], fencing: false, kinds: [.connectionReset], durations: 100...200)
        case .deadControllerIsWaitedFor: RunHint(policies: [.safeByLease], fencing: false, leavesFault: true)
        case .takeoverNotRecorded: RunHint(kinds: [.powerCut])
        case .releaseWithoutLease:
            RunHint(
                policies: [.safeByLease], fencing: false, kinds: [.freeze, .freeze, .totalPartition],
                moments: [.sent, .barrier])
        case .noDriftMargin:
            RunHint(
                policies: [.safeByLease], fencing: false, kinds: [.freeze], moments: [.sent], durations: 385...425,
                isTight: true)
        case .takeoverWithinLease:
            RunHint(
                policies: [.safeByLease], fencing: false, kinds: [.freeze, .freeze, .totalPartition],
                moments: [.sent, .barrier], durations: 200...420, isTight: true)
        case .anyEchoRenews:
            RunHint(
                policies: [.safeByLease], fencing: false, kinds: [.freeze, .controllerFreeze],
                moments: [.sent, .activating], durations: 440...900, isTight: true)
        case .leaseNotWithdrawn:
            RunHint(
                policies: [.safeByLease], fencing: false, kinds: [.freeze, .controllerFreeze], moments: [.sent],
                durations: 440...520, isTight: true)
        case .openOnAdoption:
            RunHint(kinds: [.controllerCrash, .powerCut, .totalPartition])
        case .anyGenerationDisarms:
            RunHint(
                policies: [.safeByLease], fencing: false,
                kinds: [.heartbeatCrash, .heartbeatCrash, .connectionReset, .connectionReset, .powerCut],
                moments: [.persisting, .sent], durations: 1_500...4_000, window: 2_000...3_500)
        case .ignoresOwnCarrier:
            RunHint(
                policies: [.trustPaths], fencing: false,
                kinds: [.lanCable, .replicationCable, .replicationPartition])
        case .handoverNotRecorded:
            RunHint(
                policies: [.witness], fencing: false, kinds: [.order, .totalPartition, .controllerCrash],
                orders: [.switchover], moments: [.activating, .persisting])
        case .handoverTakenBack:
            RunHint(kinds: [.order, .order, .connectionReset, .replicationPartition, .freeze], orders: [.switchover])
        case .handoverOfAnOlderEpoch:
            RunHint(kinds: [.order], orders: [.switchover], moments: [.sent, .barrier])
        case .anyAnswerWillDo, .takeoverWithoutWitness, .refusalOverridden:
            RunHint(
                policies: [.witness],
                kinds: [
                    .totalPartition, .totalPartition, .witnessUnreachable, .witnessSlow, .witnessAnswersLost, .powerCut,
                ])
        case .failedFencingWillDo:
            RunHint(fencing: true, kinds: [.totalPartition, .fencingBroken, .powerCut])
        case .replicaUsedAfterStall:
            RunHint(policies: [.trustPaths], fencing: false, kinds: [.freeze, .powerCut])
        case .activationNotRecorded:
            RunHint(kinds: [.powerCut, .controllerCrash, .freeze], moments: [.activating, .deciding])
        case .generationNotRaised:
            RunHint(kinds: [.powerCut, .freeze])
        case .oldGenerationAdmitted, .answersAsOwner:
            RunHint(
                policies: [.safeByLease], fencing: false,
                kinds: [.totalPartition, .powerCut, .powerCut, .order, .controllerCrash], orders: [.takeover])
        case .oldReportsCount:
            RunHint(
                policies: [.trustPaths], fencing: false,
                kinds: [.controllerFreeze, .freeze, .lanCable, .replicationCable, .replicationPartition],
                moments: [.sent], durations: 400...2_500, window: 4_000...5_500)
        }
    }
}
