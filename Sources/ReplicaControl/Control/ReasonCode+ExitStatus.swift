public import ReplicaModel

extension ReasonCode {
    /// The exit status of a command that failed for this reason.
    public var exitStatus: ExitStatus {
        switch self {
        case .usage: .usage
        case .controllerNotReachable: .controllerNotReachable
        case .busy, .heartbeatLost, .witnessUnreachable, .peerUnreachable, .peerDead, .connectionLost,
            .controllerStopping,
            .acknowledgeTimeout, .overloaded:
            .tryAgain
        case .notRoot: .notPermitted
        case .badConfiguration, .keyFile: .badConfiguration
        case .unknownDomain: .unknownDomain
        case .domainNotRunning, .guestShutDown, .guestRebooted, .guestCrashed, .guestWatchdog, .guestSoftReset,
            .guestDestroyed, .guestKept:
            .domainNotRunning
        case .alreadyProtected: .alreadyProtected
        case .notProtected: .notProtected
        case .paravirtualWithoutShadowPaging, .deviceModelNotSupported, .noSuspendSupport, .passThroughDevice,
            .ballooning, .diskNotReplicated, .diskMirrorUnsound, .interfaceNotSupported, .startsAtBoot,
            .bootFileMissing, .notProtectable,
            .suspendTimeout:
            .notProtectable
        case .peerRefused, .peerNameTaken, .staleGeneration, .ownedElsewhere, .ownershipDiffers, .peerAlive,
            .restoreFailed, .checkpointCorrupt,
            .peerTookOver:
            .peerRefused
        case .protocolVersionMismatch: .protocolVersionMismatch
        case .peerMemoryShort: .peerMemoryShort
        case .peerBridgeMissing: .peerBridgeMissing
        case .peerProcessorFeatures: .peerProcessorFeatures
        case .cancelled, .operatorRequest: .cancelled
        case .notControlDomain: .notControlDomain
        case .unknownPeer: .unknownPeer
        case .diskUnfit: .diskUnfit
        case .diskChangeFailed: .diskChangeFailed
        case .initialCopyFailed, .stagingLimit, .memoryShort, .captureFailed, .outputBufferFailed, .devicesChanged,
            .diskBarrierTimeout, .diskMirrorFailed, .diskLayerFailed, .undoLogLost:
            .initialCopyFailed
        case .internalFault, .guestRestarted, .guestActionFailed, .leaseExpired, .lanLost,
            .controllerRestarted, .primaryDead, .primaryGaveUp, .primaryEnded, .activated,
            .activationFailed, .handedOver, .ownLanLost, .unconfirmedAfterStall, .isolated, .controllerStarted,
            .replicaRequested, .replicaArmed, .guestProtected, .leaseRenewed, .carrierLost,
            .carrierBack, .replicationLinkLost, .storageFailed, .switchover, .operatorOrder, .ownerUnknown,
            .awaitingOperator, .witnessRefused, .witnessUncertain, .witnessGranted, .peerFenced, .guestLost,
            .replicaGone, .reprotecting, .peerControllerLost, .moveAbandoned, .leaseWithdrawn, .bidBegun,
            .witnessRecordMissing, .fencingFailed, .diskBarrierMissing, .guestThrottled, .throttleLifted,
            .throttleFailed:
            .internalFault
        }
    }
}
