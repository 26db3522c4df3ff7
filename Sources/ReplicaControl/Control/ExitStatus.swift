/// How the command ended, as its exit status; a number is never used again for another meaning.
public enum ExitStatus: Int32, CaseIterable, Sendable {
    /// What was asked for is done.
    case success = 0
    /// The command line is wrong.
    case usage = 64
    /// The controller's service does not answer.
    case controllerNotReachable = 69
    /// A fault in replicactl itself.
    case internalFault = 70
    /// It did not work now; the same command may work later.
    case tryAgain = 75
    /// The caller has not the right.
    case notPermitted = 77
    /// The configuration file or the key file is missing or wrong.
    case badConfiguration = 78
    /// No domain has this name.
    case unknownDomain = 100
    /// The domain exists but does not run.
    case domainNotRunning = 101
    /// The domain is protected already.
    case alreadyProtected = 102
    /// The domain is not protected.
    case notProtected = 103
    /// The domain cannot be protected as it is.
    case notProtectable = 104
    /// The peer refused.
    case peerRefused = 105
    /// The two hosts speak different versions of the protocol.
    case protocolVersionMismatch = 106
    /// The peer has too little free memory.
    case peerMemoryShort = 107
    /// The peer has no bridge of the name that the guest uses.
    case peerBridgeMissing = 108
    /// The peer's processor lacks a feature that the guest sees.
    case peerProcessorFeatures = 109
    /// The request was cancelled.
    case cancelled = 110
    /// This system is not the control domain of a Xen host.
    case notControlDomain = 111
    /// `--to` names a host that is not the configured peer.
    case unknownPeer = 112
    /// The first copy of the guest did not come to its end.
    case initialCopyFailed = 113
    /// A simulated run broke a safety rule.
    case ruleBroken = 114
    /// A disk cannot be put on the epoch layer, or taken off it, as it is.
    case diskUnfit = 115
    /// A change to a disk's epoch layer did not come to its end.
    case diskChangeFailed = 116
    /// The command was ended by Ctrl-C.
    case interrupted = 130

    /// What the status means, in one sentence without a full stop.
    public var meaning: String {
        switch self {
        case .success: "done"
        case .usage: "the command line is wrong"
        case .controllerNotReachable: "the controller's service does not answer on this host"
        case .internalFault: "a fault in replicactl itself; please report it"
        case .tryAgain: "it did not work now (peer not reachable, another request at work); try again later"
        case .notPermitted: "root only"
        case .badConfiguration: "the configuration file, or the heartbeat's key file, is missing or wrong"
        case .unknownDomain: "no domain of this host has that name"
        case .domainNotRunning: "the domain exists but does not run"
        case .alreadyProtected: "the domain is protected already"
        case .notProtected: "the domain is not protected"
        case .notProtectable: "the domain cannot be protected as it is; `replicactl check` names every obstacle"
        case .peerRefused: "the peer refused"
        case .protocolVersionMismatch: "the two hosts run versions that do not understand each other"
        case .peerMemoryShort: "the peer has too little free memory for the replica"
        case .peerBridgeMissing: "the peer has no bridge of the name that the guest uses"
        case .peerProcessorFeatures: "the peer's processor lacks features that the guest sees"
        case .cancelled: "the request was cancelled, for example by `replicactl unprotect` elsewhere"
        case .notControlDomain: "this system is not the control domain (Dom0) of a Xen host"
        case .unknownPeer: "`--to` names a host that is not the configured peer"
        case .initialCopyFailed: "the first copy of the guest did not come to its end; the guest runs on unprotected"
        case .ruleBroken: "a simulated run broke a safety rule"
        case .diskUnfit: "the disk cannot be put on the epoch layer, or taken off it, as it is; nothing was changed"
        case .diskChangeFailed:
            "a change to a disk's epoch layer did not come to its end; the message says what is left"
        case .interrupted: "ended by Ctrl-C; a protection that had begun was cancelled and the guest runs on untouched"
        }
    }
}
