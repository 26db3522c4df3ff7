internal import CXenCtrl
internal import Glibc
internal import SystemKit

/// The state of a suspended guest that is not in its memory, read into buffers that are used again.
///
/// One call into Xen reads all of it, in memory that Xen writes to itself: a guest stands still meanwhile, and each call
/// more costs it the way into Xen and back.
public struct GuestState: ~Copyable {
    /// The domain whose state it is.
    public let domain: DomainID
    /// The guest's clock base, as it was read last.
    public private(set) var timestampCounter = TimestampCounter(mode: 0, kilohertz: 0, nanoseconds: 0, incarnation: 0)
    private let hypervisor: Hypervisor
    private let memory: HypercallBuffer
    private let workspace: HypercallBuffer
    private let indices: [UInt32]
    private let values: UnsafeMutableBufferPointer<UInt64>
    private var contextSize = 0

    /// Asks once how large the context is, and allocates for it.
    ///
    /// - Parameters:
    ///   - hypervisor: The hypervisor.
    ///   - domain: A PVH or HVM guest.
    ///   - hasParameters: Whether the parameters are read too.
    /// - Throws: The failed call.
    public init(
        hypervisor: Hypervisor, domain: DomainID, hasParameters: Bool = true
    ) throws(ToolstackError) {
        let size = rxc_hvm_context_size(hypervisor.handle, domain.rawValue)
        try checkedCall(size, "ask for the size of the context", "XEN_DOMCTL_gethvmcontext", domain)
        let memory = try HypercallBuffer(hypervisor: hypervisor, byteCount: Int(size), for: domain)
        let workspace = try HypercallBuffer(
            hypervisor: hypervisor, byteCount: rxc_state_workspace_size(), for: domain)
        self.hypervisor = hypervisor
        self.domain = domain
        self.memory = memory
        self.workspace = workspace
        indices = hasParameters ? Self.recordedParameters : []
        values = .allocate(capacity: indices.count)
        values.initialize(repeating: 0)
    }

    deinit { values.deallocate() }

    /// Reads the clock base, the virtual processors with the emulated devices inside Xen, and the parameters.
    ///
    /// - Throws: The failed call; what was read before is gone.
    public mutating func capture() throws(ToolstackError) {
        var state = rxc_guest_state()
        var failed: Int32 = 0
        let result = indices.withUnsafeBufferPointer { parameters in
            rxc_read_state(
                hypervisor.handle, domain.rawValue, workspace.record, memory.record, parameters.baseAddress,
                values.baseAddress, parameters.count, &state, &failed)
        }
        if result < 0 {
            try checkedCall(result, "read \(partName(failed))", "HYPERVISOR_multicall", domain)
        }
        contextSize = Int(state.context_size)
        timestampCounter = TimestampCounter(
            mode: state.tsc_mode, kilohertz: state.tsc_kilohertz, nanoseconds: state.tsc_nanoseconds,
            incarnation: state.tsc_incarnation)
    }

    /// What a call of a capture reads, to follow "read".
    private func partName(_ call: Int32) -> String {
        let parameter = Int(call) - Int(RXC_STATE_PARAMETERS)
        if indices.indices.contains(parameter) { return "HVM parameter \(indices[parameter])" }
        return switch Int(call) {
        case Int(RXC_STATE_COUNTER): "the timestamp counter"
        case Int(RXC_STATE_CONTEXT): "the context"
        default: "the guest's state"
        }
    }

    /// The virtual processors and the emulated devices inside Xen, as an HVM_CONTEXT record's body, until the next capture.
    public var context: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: memory.address, count: contextSize)
    }

    /// The parameters that an HVM_PARAMS record carries, those that are not zero.
    public var parameters: [HVMParameter] {
        zip(indices, values).compactMap { index, value in
            value == 0 ? nil : HVMParameter(index: UInt64(index), value: value)
        }
    }

    /// What libxc's stream carries, in its order; the event channels and the callback are made anew on the backup.
    private static let recordedParameters: [UInt32] = [
        HVM_PARAM_STORE_PFN, HVM_PARAM_IOREQ_PFN, HVM_PARAM_BUFIOREQ_PFN, HVM_PARAM_PAGING_RING_PFN,
        HVM_PARAM_MONITOR_RING_PFN, HVM_PARAM_SHARING_RING_PFN, HVM_PARAM_VM86_TSS_SIZED, HVM_PARAM_CONSOLE_PFN,
        HVM_PARAM_ACPI_IOPORTS_LOCATION, HVM_PARAM_VIRIDIAN, HVM_PARAM_IDENT_PT, HVM_PARAM_VM_GENERATION_ID_ADDR,
        HVM_PARAM_IOREQ_SERVER_PFN, HVM_PARAM_NR_IOREQ_SERVER_PAGES, HVM_PARAM_X87_FIP_WIDTH, HVM_PARAM_MCA_CAP,
    ].map { UInt32($0) }
}

/// A guest's clock base, as an X86_TSC_INFO record carries it.
public struct TimestampCounter: Equatable, Sendable {
    /// How Xen treats the counter, a number of Xen's.
    public let mode: UInt32
    /// The frequency that the guest was promised.
    public let kilohertz: UInt32
    /// Nanoseconds since the guest's start.
    public let nanoseconds: UInt64
    /// How often the guest was made: 1, and 1 more for each restore.
    public let incarnation: UInt32

    /// Reads a domain's.
    static func read(_ hypervisor: Hypervisor, _ domain: DomainID) throws(ToolstackError) -> TimestampCounter {
        var mode: UInt32 = 0
        var nanoseconds: UInt64 = 0
        var kilohertz: UInt32 = 0
        var incarnation: UInt32 = 0
        let result = xc_domain_get_tsc_info(
            hypervisor.handle, domain.rawValue, &mode, &nanoseconds, &kilohertz, &incarnation)
        try checkedLibraryCall(result, "read the timestamp counter", "xc_domain_get_tsc_info", domain)
        return TimestampCounter(
            mode: mode, kilohertz: kilohertz, nanoseconds: nanoseconds, incarnation: incarnation)
    }
}

/// One of a guest's HVM parameters.
public struct HVMParameter: Equatable, Sendable {
    /// Xen's number of it.
    public let index: UInt64
    /// Its value.
    public let value: UInt64
}

extension Hypervisor {
    /// Whether the guest has told Xen how to deliver events: its Xen drivers are up, and it can be suspended.
    ///
    /// False after a failover until the guest has come through its resume; do not suspend it before.
    ///
    /// - Parameter domain: A PVH or HVM guest.
    /// - Returns: True once the guest's Xen drivers run.
    /// - Throws: The failed call.
    public func callbackInterruptIsSet(of domain: DomainID) throws(ToolstackError) -> Bool {
        var value: UInt64 = 0
        let result = xc_hvm_param_get(handle, domain.rawValue, UInt32(HVM_PARAM_CALLBACK_IRQ), &value)
        try checkedLibraryCall(result, "read the callback's HVM parameter", "xc_hvm_param_get", domain)
        return value != 0
    }
}
