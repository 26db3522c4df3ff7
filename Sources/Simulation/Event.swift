internal import ReplicaModel

/// What can happen in the world; a `life` is the number of the process or session that it is meant for.
enum Event {
    // At a host's heartbeat service.
    case datagram(HostNumber, path: Int, place: Int)
    case beat(HostNumber, life: Int)
    case claims(HostNumber, life: Int, place: Int)
    case carriersRead(HostNumber, life: Int)

    // At a host's controller.
    case report(HostNumber, life: Int, place: Int)
    case serviceLost(HostNumber, life: Int, serviceLife: Int)
    case serviceConnect(HostNumber, life: Int)
    case tick(HostNumber, life: Int)
    case timer(HostNumber, session: Int, WorkerTimer)
    case message(HostNumber, connection: Int)
    case connectionEnded(HostNumber, connection: Int)
    case written(HostNumber, session: Int, isOnDisk: Bool)
    case witnessAnswer(HostNumber, session: Int, request: Int)
    case fenceAnswer(HostNumber, session: Int, number: UInt64, isFenced: Bool)

    // In the world.
    case diskDone(HostNumber, write: Int)
    case guestWrites(HostNumber, life: Int)
    case mirrored(HostNumber, write: UInt64, since: VirtualTime)
    case witnessStep(request: Int, WitnessStep)
    case fenceStrikes(HostNumber, power: Int)
    case fenceHits(HostNumber, from: Int)
    case fenceDone(HostNumber, power: Int, session: Int, number: UInt64, FencingOutcome)
    case serviceStarts(HostNumber, power: Int)
    case controllerStarts(HostNumber, power: Int)
    case boot(HostNumber, power: Int)
    case fault(Int)
    case faultEnds(Int)
    case operate(OperatorOrder)
    case look

    /// Where it happens.
    var place: Place {
        switch self {
        case .datagram(let host, _, _), .beat(let host, _), .claims(let host, _, _), .carriersRead(let host, _):
            .service(host)
        case .report(let host, _, _), .serviceLost(let host, _, _), .serviceConnect(let host, _), .tick(let host, _),
            .timer(let host, _, _), .message(let host, _), .connectionEnded(let host, _), .written(let host, _, _),
            .witnessAnswer(let host, _, _), .fenceAnswer(let host, _, _, _):
            .controller(host)
        case .diskDone, .guestWrites, .mirrored, .witnessStep, .fenceStrikes, .fenceHits, .fenceDone, .serviceStarts,
            .controllerStarts, .boot,
            .fault, .faultEnds,
            .operate,
            .look:
            .world
        }
    }

    /// Who has to run for an event to be taken.
    enum Place {
        case service(HostNumber)
        case controller(HostNumber)
        case world
    }
}

/// What a session's thread waits for.
enum WorkerTimer {
    case connected
    case connectFailed
    case imagePiece
    case epoch
    case resume
    case diskBarrierTimeout(epoch: UInt64)
    case barrierPlaced(Epoch)
    case rolledBack(Epoch?)
    case sent
    case acknowledgeTimeout(epoch: UInt64)
    case imageIdle(count: Int)
    case restored(isGood: Bool)
    case announced
}

/// The steps of a question to the witness.
enum WitnessStep { case look, swap, timeOut }

/// What a fencing agent is going to say.
enum FencingOutcome {
    case stopped
    case failed
    /// It gave up, and the peer is stopped all the same, later.
    case tooLate
    case stoppedAfterAll
}

/// What an operator does.
public enum OperatorOrder: String, CaseIterable, Sendable {
    /// `replicactl protect`
    case protect = "protect"
    /// `replicactl unprotect`
    case unprotect = "unprotect"
    /// `replicactl switchover`
    case switchover = "switchover"
    /// `replicactl takeover`, given only while the other host is off.
    case takeover = "takeover"
    /// The guest shuts itself down.
    case guestShutdown = "guest-shutdown"
    /// The guest reboots.
    case guestReboot = "guest-reboot"
}
