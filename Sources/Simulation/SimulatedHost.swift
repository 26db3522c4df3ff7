internal import ReplicaModel

/// One machine: its power, clock, disk, hypervisor and processes.
final class SimulatedHost {
    let number: HostNumber
    let clock: SimulatedClock
    /// Counts how often the power was cut; what was under way before is void.
    var power = 0
    var isUp = true
    var guestRanBeforeFreeze = false
    /// How many faults hold the whole host, its service or its controller still.
    var frozen = 0
    var serviceFrozen = 0
    var controllerFrozen = 0
    /// What waits for the end of a freeze, in order.
    var deferredByService: [Event] = []
    var deferredByController: [Event] = []
    /// Whether the port has a carrier, by ``Network``.
    var hasCarrier = [true, true]
    var disk = SimulatedDisk()
    /// The guest's disk, as this host has it.
    var volume = SimulatedVolume()
    /// When the newest record came to its disk, and when its controller last died.
    var recordedAt: VirtualTime = 0
    var controllerDiedAt: VirtualTime = 0
    /// When its peer's agent last switched it off.
    var fencedAt: VirtualTime?
    var guest: SimulatedGuest?
    var replica: SimulatedReplica?
    var service: HeartbeatProcess?
    var controller: SimulatedController?

    init(number: HostNumber, clock: SimulatedClock) {
        self.number = number
        self.clock = clock
    }

    /// The controller's process is gone; its session and its threads hold each other, and that circle is broken here.
    func dropController() {
        controller?.session = .none
        controller = nil
    }

    var serviceIsStopped: Bool { frozen + serviceFrozen > 0 }
    var controllerIsStopped: Bool { frozen + controllerFrozen > 0 }

    func time(at now: VirtualTime) -> MonotonicTime { clock.read(at: now) }
}

/// The networks between the hosts, which are also the heartbeat's paths.
enum Network: Int, CaseIterable {
    case lan = 0
    case replication = 1

    var name: String { self == .lan ? "lan" : "replication" }
}

/// A place in the guest's history: which of its lives, and how far the counter in its memory was.
struct GuestMoment: Equatable {
    var life: Int
    var counter: UInt64
}

/// A domain that exists on a host: its memory is a counter, its output the counter's values.
struct SimulatedGuest {
    /// The life that began when it was started here.
    let life: Int
    private var counter: UInt64
    private var since: VirtualTime
    private(set) var isRunning: Bool
    /// Whether its output goes past the plug at once.
    var isOpen: Bool
    /// The counter at each barrier whose output is still held, the oldest first.
    var barriers: [(epoch: Epoch, counter: UInt64)] = []
    /// What it knows of its writes.
    var writes = GuestWrites()
    /// The write under way was completed while the guest stood still.
    var isWriteDone = false
    /// Whether a write was under way since the last disk barrier.
    var hasWritten = false

    init(life: Int, counter: UInt64, isOpen: Bool, at now: VirtualTime) {
        self.life = life
        self.counter = counter
        self.isOpen = isOpen
        since = now
        isRunning = true
    }

    /// The counter, which grows by one each millisecond.
    func count(at now: VirtualTime) -> UInt64 {
        isRunning ? counter + (now - since) / 1_000_000 : counter
    }

    mutating func stop(at now: VirtualTime) {
        counter = count(at: now)
        isRunning = false
    }

    mutating func resume(at now: VirtualTime) {
        guard !isRunning else { return }
        since = now
        isRunning = true
        if isWriteDone { learnOfWrite() }
    }
}

/// The paused shell of a replica, with what the restore helper has put into it.
struct SimulatedReplica {
    let session: Int
    let generation: Generation
    /// The checkpoints that were handed to the helper; each is only a difference to the one before.
    var applied: Epoch = .none
    var content = GuestMoment(life: 0, counter: 0)
    /// What the guest in it knows of its writes.
    var writes = GuestWrites()
    /// A checkpoint was left out, or was not whole.
    var isBroken = false
}
