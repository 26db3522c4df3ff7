public import ReplicaModel

/// What Xen says about one domain at one instant.
public struct DomainInformation: Equatable, Sendable {
    /// The number on this host.
    public let id: DomainID
    /// The UUID, the same on every host.
    public let identity: DomainIdentity
    /// The toolstack's name; `nil` when xenstore holds none (a domain being built or torn down).
    public let name: String?
    /// What guest interface the domain was made with.
    public let type: GuestType
    /// What the domain is doing.
    public let state: DomainState
    /// Virtual processors online now.
    public let virtualProcessors: Int
    /// Pages of 4096 bytes that the domain owns now.
    public let currentMemoryPages: UInt64
    /// Pages of 4096 bytes that the domain may own.
    public let maximumMemoryPages: UInt64
    /// One more than the highest guest frame number in use, special pages included.
    public let highestFrame: UInt64
    /// Whether the hardware does the guest's second-stage paging.
    public let usesHardwareAssistedPaging: Bool

    /// PVH and HVM guests: what the capture loop can protect.
    public var isHVMContainer: Bool { type != .pv }
}

/// The kinds of guest that Xen 4.17 on x86 knows.
public enum GuestType: String, Equatable, Sendable {
    /// Paravirtual page tables; no hardware virtualisation.
    case pv
    /// Hardware virtualisation without emulated devices.
    case pvh
    /// Hardware virtualisation with a device model.
    case hvm
}

/// What a domain is doing.
public enum DomainState: Equatable, Sendable {
    /// A virtual processor runs, or is ready to.
    case running
    /// Every virtual processor waits for an event.
    case blocked
    /// Held by the toolstack.
    case paused
    /// The guest shut itself down; it is still there.
    case shutdown(ShutdownReason)
    /// Being torn down.
    case dying
}

/// Why a guest shut itself down.
public enum ShutdownReason: Equatable, Sendable, CustomStringConvertible {
    /// It powered off.
    case powerOff
    /// It asked for a restart.
    case reboot
    /// It suspended on request, with its state complete in memory.
    case suspend
    /// Its kernel crashed.
    case crash
    /// Its watchdog ran out.
    case watchdog
    /// It asked for a reset in place.
    case softReset
    /// A number that Xen 4.17 does not name.
    case other(UInt8)

    init(code: UInt8) {
        switch code {
        case 0: self = .powerOff
        case 1: self = .reboot
        case 2: self = .suspend
        case 3: self = .crash
        case 4: self = .watchdog
        case 5: self = .softReset
        default: self = .other(code)
        }
    }

    /// The usual word.
    public var description: String {
        switch self {
        case .powerOff: "power-off"
        case .reboot: "reboot"
        case .suspend: "suspend"
        case .crash: "crash"
        case .watchdog: "watchdog"
        case .softReset: "soft reset"
        case .other(let code): "reason \(code)"
        }
    }
}
