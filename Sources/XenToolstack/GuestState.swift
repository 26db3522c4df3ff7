internal import CXenCtrl
internal import Glibc
internal import SystemKit

/// The state of a suspended guest that is not in its memory, read into a buffer that is used again.
public struct GuestState: ~Copyable {
    /// The domain whose state it is.
    public let domain: DomainID
    private let hypervisor: Hypervisor
    private let memory: HypercallBuffer

    /// Asks once how large the context is, and allocates for it.
    ///
    /// - Parameters:
    ///   - hypervisor: The hypervisor.
    ///   - domain: A PVH or HVM guest.
    /// - Throws: The failed call.
    public init(hypervisor: Hypervisor, domain: DomainID) throws(ToolstackError) {
        let size = rxc_hvm_context(hypervisor.handle, domain.rawValue, nil)
        try checkedCall(size, "ask for the size of the context", "XEN_DOMCTL_gethvmcontext", domain)
        let memory = try HypercallBuffer(hypervisor: hypervisor, byteCount: Int(size), for: domain)
        self.hypervisor = hypervisor
        self.domain = domain
        self.memory = memory
    }

    /// Reads the virtual processors and the emulated devices inside Xen, as an HVM_CONTEXT record's body.
    ///
    /// - Returns: The bytes, until the next call.
    /// - Throws: The failed call.
    public mutating func captureContext() throws(ToolstackError) -> UnsafeRawBufferPointer {
        let size = rxc_hvm_context(hypervisor.handle, domain.rawValue, memory.record)
        try checkedCall(size, "read the context", "XEN_DOMCTL_gethvmcontext", domain)
        return UnsafeRawBufferPointer(start: memory.address, count: size)
    }

    /// Reads the guest's clock base.
    ///
    /// - Throws: The failed call.
    public borrowing func timestampCounter() throws(ToolstackError) -> TimestampCounter {
        try TimestampCounter.read(hypervisor, domain)
    }

    /// Reads the parameters that an HVM_PARAMS record carries, those that are not zero.
    ///
    /// - Throws: The failed call.
    public borrowing func parameters() throws(ToolstackError) -> [HVMParameter] {
        var found: [HVMParameter] = []
        found.reserveCapacity(Self.recordedParameters.count)
        for index in Self.recordedParameters {
            let value = try HVMParameter.read(index, hypervisor, domain)
            if value != 0 { found.append(HVMParameter(index: UInt64(index), value: value)) }
        }
        return found
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

    /// Reads one parameter.
    static func read(
        _ index: UInt32, _ hypervisor: Hypervisor, _ domain: DomainID
    ) throws(ToolstackError) -> UInt64 {
        var value: UInt64 = 0
        let result = xc_hvm_param_get(hypervisor.handle, domain.rawValue, index, &value)
        try checkedLibraryCall(result, "read HVM parameter \(index)", "xc_hvm_param_get", domain)
        return value
    }
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
        try HVMParameter.read(UInt32(HVM_PARAM_CALLBACK_IRQ), self, domain) != 0
    }
}
