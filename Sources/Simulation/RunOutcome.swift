public import ReplicaModel

/// How a run ended.
public enum RunOutcome: Equatable, Sendable {
    /// One host serves the client, protected if that is wanted.
    case well
    /// The guest was shut down on purpose and is nowhere.
    case shutDown
    /// Every host that had the newest state lost it.
    case lost
    /// Only an operator may go on.
    case waits(ReasonCode)
    /// A safety rule was broken.
    case violation(Violation)
}

/// What one run was like, in figures.
public struct RunStatistics: Sendable {
    /// How often each kind of fault struck.
    public internal(set) var faults: [Fault.Kind: Int] = [:]
    /// The decisions by reason.
    public internal(set) var decisions: [ReasonCode: Int] = [:]
    /// From the death of the serving host to the decision to take over, in milliseconds.
    public internal(set) var detections: [UInt64] = []
    /// From there to the first output that the client got of the other host, in milliseconds.
    public internal(set) var takeovers: [UInt64] = []
    /// For how long the client was served without a replica after the first one was armed, in milliseconds.
    public internal(set) var unprotected: UInt64 = 0
    /// The length of the run.
    public internal(set) var virtualTime: VirtualTime = 0

    /// A replica was armed once.
    var wasProtected = false
    private var diedAt: VirtualTime?
    private var died: HostNumber?
    private var unprotectedSince: VirtualTime?
    private var isDetected = false

    mutating func hostDies(_ host: SimulatedHost, _ world: World) {
        guard let guest = host.guest, guest.isRunning else { return }
        diedAt = world.now
        died = host.number
        isDetected = false
    }

    mutating func decides(_ reason: ReasonCode, _ host: HostNumber, _ world: World) {
        switch reason {
        case .primaryDead:
            guard let diedAt, host != died, !isDetected else { return }
            isDetected = true
            detections.append((world.now - diedAt) / 1_000_000)
        default: break
        }
    }

    mutating func clientHears(_ host: HostNumber, _ world: World) {
        guard let diedAt, isDetected, host != died else { return }
        takeovers.append((world.now - diedAt) / 1_000_000)
        self.diedAt = nil
    }

    mutating func protectionChanges(isProtected: Bool, at now: VirtualTime) {
        if isProtected {
            if let since = unprotectedSince { unprotected += (now - since) / 1_000_000 }
            unprotectedSince = nil
        } else {
            unprotectedSince = unprotectedSince ?? now
        }
    }

    mutating func finish(_ world: World) {
        virtualTime = world.now
        protectionChanges(isProtected: true, at: world.now)
    }
}
