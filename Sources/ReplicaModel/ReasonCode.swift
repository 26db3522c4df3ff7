/// Why something is as it is, or why a request failed: one word for programs, stable across versions (safety rule 7).
///
/// The same words are used in replies, in `status`, in the journal field `REPLICACTL_REASON` and in `docs/reasons.md`.
public enum ReasonCode: String, Codable, CaseIterable, Sendable {
    // What an operator asked for.
    case operatorRequest = "operator-request"
    case cancelled = "cancelled"

    // A request that cannot be done.
    case usage = "usage"
    case controllerNotReachable = "controller-not-reachable"
    case internalFault = "internal-fault"
    case busy = "busy"
    case notRoot = "not-root"
    case notControlDomain = "not-control-domain"
    case badConfiguration = "bad-configuration"
    case keyFile = "key-file"
    case unknownDomain = "unknown-domain"
    case domainNotRunning = "domain-not-running"
    case alreadyProtected = "already-protected"
    case notProtected = "not-protected"
    case unknownPeer = "unknown-peer"

    // What stands in the way of protection, found by the preflight.
    case paravirtualWithoutShadowPaging = "pv-without-shadow-paging"
    case deviceModelNotSupported = "device-model-not-supported"
    case noSuspendSupport = "no-suspend-support"
    case passThroughDevice = "pass-through-device"
    case ballooning = "ballooning"
    case diskNotReplicated = "disk-not-replicated"
    case interfaceNotSupported = "interface-not-supported"
    case startsAtBoot = "starts-at-boot"
    case bootFileMissing = "boot-file-missing"
    case notProtectable = "not-protectable"

    // The peer.
    case peerUnreachable = "peer-unreachable"
    case peerRefused = "peer-refused"
    case protocolVersionMismatch = "protocol-version-mismatch"
    case peerMemoryShort = "peer-memory-short"
    case peerBridgeMissing = "peer-bridge-missing"
    case peerProcessorFeatures = "peer-processor-features"
    case peerNameTaken = "peer-name-taken"
    case staleGeneration = "stale-generation"

    // Why protection ended or is held back, on the primary.
    case initialCopyFailed = "initial-copy-failed"
    case peerDead = "peer-dead"
    case connectionLost = "connection-lost"
    case acknowledgeTimeout = "acknowledge-timeout"
    case suspendTimeout = "suspend-timeout"
    case stagingLimit = "staging-limit"
    /// This host has too little memory for what a protection keeps.
    case memoryShort = "memory-short"
    case leaseExpired = "lease-expired"
    case peerControllerLost = "peer-controller-lost"
    case moveAbandoned = "move-abandoned"
    case lanLost = "lan-lost"
    case captureFailed = "capture-failed"
    case devicesChanged = "devices-changed"
    case diskMirrorFailed = "disk-mirror-failed"
    case diskMirrorUnsound = "disk-mirror-unsound"
    case diskLayerFailed = "disk-layer-failed"
    case undoLogLost = "undo-log-lost"
    case diskBarrierTimeout = "disk-barrier-timeout"
    case diskBarrierMissing = "disk-barrier-missing"
    case diskUnfit = "disk-unfit"
    case diskChangeFailed = "disk-change-failed"
    case outputBufferFailed = "output-buffer-failed"
    case guestShutDown = "guest-shut-down"
    case guestRebooted = "guest-rebooted"
    case guestCrashed = "guest-crashed"
    case guestWatchdog = "guest-watchdog"
    case guestSoftReset = "guest-soft-reset"
    case guestDestroyed = "guest-destroyed"
    case guestRestarted = "guest-restarted"
    case guestKept = "guest-kept"
    case guestActionFailed = "guest-action-failed"
    case controllerRestarted = "controller-restarted"
    case controllerStopping = "controller-stopping"
    case peerTookOver = "peer-took-over"
    case isolated = "isolated"
    case replicationLinkLost = "replication-link-lost"
    case storageFailed = "storage-failed"
    case switchover = "switchover"
    case operatorOrder = "operator-order"

    // What two hosts, the witness or the fencing agent made of a silence.
    case ownerUnknown = "owner-unknown"
    case awaitingOperator = "awaiting-operator"
    case ownedElsewhere = "owned-elsewhere"
    case ownershipDiffers = "ownership-differs"
    case witnessGranted = "witness-granted"
    case peerFenced = "peer-fenced"
    case guestLost = "guest-lost"
    case replicaGone = "replica-gone"
    case reprotecting = "reprotecting"
    case leaseWithdrawn = "lease-withdrawn"
    case bidBegun = "bid-begun"
    case witnessRecordMissing = "witness-record-missing"
    case witnessRefused = "witness-refused"
    case witnessUnreachable = "witness-unreachable"
    case witnessUncertain = "witness-uncertain"
    case fencingFailed = "fencing-failed"

    // What the backup did.
    case primaryDead = "primary-dead"
    case primaryGaveUp = "primary-gave-up"
    case primaryEnded = "primary-ended"
    case checkpointCorrupt = "checkpoint-corrupt"
    case restoreFailed = "restore-failed"
    case activated = "activated"
    case activationFailed = "activation-failed"
    case handedOver = "handed-over"
    case ownLanLost = "own-lan-lost"
    case unconfirmedAfterStall = "unconfirmed-after-stall"

    // What else the event log tells.
    case controllerStarted = "controller-started"
    case replicaRequested = "replica-requested"
    case replicaArmed = "replica-armed"
    case guestProtected = "guest-protected"
    case leaseRenewed = "lease-renewed"
    case peerAlive = "peer-alive"
    case heartbeatLost = "heartbeat-lost"
    case carrierLost = "carrier-lost"
    case carrierBack = "carrier-back"

    // A guest that writes faster than the link or the backup can take.
    case guestThrottled = "guest-throttled"
    case throttleLifted = "throttle-lifted"
    case throttleFailed = "throttle-failed"
    case overloaded = "overloaded"
}

extension ReasonCode {
    /// Whether a domain that is without a replica for this reason is to stay so: it was an operator's wish, or the guest
    /// ended on purpose.
    public var endsTheWish: Bool {
        switch self {
        case .operatorRequest, .cancelled, .guestShutDown, .guestDestroyed: true
        default: false
        }
    }
}
