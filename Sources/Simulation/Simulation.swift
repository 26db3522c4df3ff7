// Simulation: both hosts and the witness in virtual time, driven by one seed, under faults, with the safety rules checked
// after every event. The decisions are those of ReplicaProtocol and Heartbeat themselves, not copies; everything else here
// is the world they live in: clocks, disks, networks, a hypervisor, a witness, a fencing agent, a client. No I/O.

internal import ReplicaModel

/// Nanoseconds of the simulated world's own time, which no host can read.
public typealias VirtualTime = UInt64

/// Nanoseconds of some milliseconds.
func milliseconds(_ count: UInt64) -> VirtualTime { count * 1_000_000 }

/// One of the two hosts.
public enum HostNumber: Int, CaseIterable, Sendable {
    /// The host on which the guest was started.
    case first = 0
    /// Its peer.
    case second = 1

    /// The other one.
    var other: HostNumber { self == .first ? .second : .first }

    /// The name under which it appears in timelines and scenarios.
    public var name: String { self == .first ? "xen1" : "xen2" }
}

/// The one domain of every run.
let guestIdentity = DomainIdentity(high: 0x6775_6573_7400_0001, low: 1)
