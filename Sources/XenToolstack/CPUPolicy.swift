internal import CXenCtrl
internal import SystemKit

/// What a guest's CPUID instruction and model-specific registers show, as libxc's stream records carry it.
public struct CPUPolicy: Equatable, Sendable {
    /// The body of an X86_CPUID_POLICY record: leaves of 24 bytes.
    public let cpuidLeaves: [UInt8]
    /// The body of an X86_MSR_POLICY record: entries of 16 bytes; may be empty.
    public let msrEntries: [UInt8]

    /// Takes the two record bodies.
    public init(cpuidLeaves: [UInt8], msrEntries: [UInt8]) {
        self.cpuidLeaves = cpuidLeaves
        self.msrEntries = msrEntries
    }
}

extension Hypervisor {
    /// The processor that a domain sees; it does not change while the domain lives.
    ///
    /// - Parameter domain: The domain.
    /// - Returns: The two record bodies.
    /// - Throws: The failed call.
    public func cpuPolicy(of domain: DomainID) throws(ToolstackError) -> CPUPolicy {
        let policy = try PolicyObject()
        try checkedLibraryCall(
            xc_cpu_policy_get_domain(handle, domain.rawValue, policy.pointer), Self.reading,
            "xc_cpu_policy_get_domain", domain)
        return try serialise(policy, domain)
    }

    /// Why this host cannot run a guest that was started under a policy.
    ///
    /// Compared with the most that this host can give to an HVM-container guest, by Xen and feature by feature.
    ///
    /// - Parameter guest: The policy of the guest on its own host.
    /// - Returns: One text an obstacle, empty when there is none.
    /// - Throws: The failed call; a policy that Xen cannot read counts as one.
    public func obstacles(to guest: CPUPolicy) throws(ToolstackError) -> [String] {
        let action = "compare the CPU policies"
        let host = try PolicyObject()
        let candidate = try PolicyObject()
        let most = UInt32(XEN_SYSCTL_cpu_policy_hvm_max)
        try checkedLibraryCall(
            xc_cpu_policy_get_system(handle, most, host.pointer), action, "xc_cpu_policy_get_system", nil)
        let leaves: [xen_cpuid_leaf_t] = elements(of: guest.cpuidLeaves, filler: xen_cpuid_leaf_t())
        let entries: [xen_msr_entry_t] = elements(of: guest.msrEntries, filler: xen_msr_entry_t())
        try checkedLibraryCall(
            xc_cpu_policy_update_cpuid(handle, candidate.pointer, leaves, UInt32(leaves.count)), action,
            "xc_cpu_policy_update_cpuid", nil)
        try checkedLibraryCall(
            xc_cpu_policy_update_msrs(handle, candidate.pointer, entries, UInt32(entries.count)), action,
            "xc_cpu_policy_update_msrs", nil)
        var found = guest.featuresMissing(in: try serialise(host, nil))
        // Libxenctrl names the leaf or register on standard error.
        if !xc_cpu_policy_is_compatible(handle, host.pointer, candidate.pointer) {
            found.append("a leaf or register past this host's highest")
        }
        return found
    }

    private static let reading = "read the CPU policy"

    private func serialise(
        _ policy: borrowing PolicyObject, _ domain: DomainID?
    ) throws(ToolstackError) -> CPUPolicy {
        var leafCount: UInt32 = 0
        var entryCount: UInt32 = 0
        let sized = xc_cpu_policy_get_size(handle, &leafCount, &entryCount)
        try checkedLibraryCall(sized, Self.reading, "xc_cpu_policy_get_size", domain)
        var leaves = [xen_cpuid_leaf_t](repeating: xen_cpuid_leaf_t(), count: Int(leafCount))
        var entries = [xen_msr_entry_t](repeating: xen_msr_entry_t(), count: Int(entryCount))
        let serialised = xc_cpu_policy_serialise(handle, policy.pointer, &leaves, &leafCount, &entries, &entryCount)
        try checkedLibraryCall(serialised, Self.reading, "xc_cpu_policy_serialise", domain)
        return CPUPolicy(
            cpuidLeaves: leaves.prefix(Int(leafCount)).withUnsafeBytes(Array.init),
            msrEntries: entries.prefix(Int(entryCount)).withUnsafeBytes(Array.init))
    }

    private func elements<Element: BitwiseCopyable>(of bytes: [UInt8], filler: Element) -> [Element] {
        var result = [Element](repeating: filler, count: bytes.count / MemoryLayout<Element>.stride)
        result.withUnsafeMutableBytes { $0.copyBytes(from: bytes.prefix($0.count)) }
        return result
    }
}

/// One of libxenguest's policy objects, destroyed once.
private struct PolicyObject: ~Copyable {
    let pointer: OpaquePointer

    init() throws(ToolstackError) {
        guard let pointer = xc_cpu_policy_init() else {
            let cause = SystemError.last("xc_cpu_policy_init")
            throw .callFailed(action: "allocate a CPU policy", domain: nil, cause: cause)
        }
        self.pointer = pointer
    }

    deinit { xc_cpu_policy_destroy(pointer) }
}
