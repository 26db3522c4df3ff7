internal import CXenCtrl
internal import Glibc
public import ReplicaModel
internal import SystemKit

/// An open handle on the hypervisor, for the control domain.
///
/// One handle may be used by several threads; a worker that captures keeps its own, so that the library's cached
/// hypercall buffers stay with it.
public final class Hypervisor: Sendable {
    // libxenctrl is reentrant unless it is opened with XC_OPENFLAG_NON_REENTRANT; the pointers never change.
    nonisolated(unsafe) let handle: OpaquePointer
    nonisolated(unsafe) private let logger: UnsafeMutablePointer<xentoollog_logger>?

    /// Opens the hypervisor.
    ///
    /// - Throws: ``ToolstackError/noHypervisor``, ``ToolstackError/notControlDomain``, ``ToolstackError/notPrivileged``,
    ///   ``ToolstackError/unsupportedXenVersion(_:)``, or the failed call.
    public init() throws(ToolstackError) {
        try HostRole.requireControlDomain()
        var logger: UnsafeMutablePointer<xentoollog_logger>?
        guard let handle = rxc_open(&logger) else {
            let cause = SystemError.last("xc_interface_open")
            if [EACCES, EPERM].contains(cause.code) { throw .notPrivileged }
            throw .callFailed(action: "open the hypervisor", domain: nil, cause: cause)
        }
        self.handle = handle
        self.logger = logger
        let version = try version()
        guard version.hasPrefix("4.17.") else { throw .unsupportedXenVersion(version) }
    }

    deinit { rxc_close(handle, logger) }

    /// Every domain on this host, the control domain included, in the order of creation.
    ///
    /// - Throws: ``ToolstackError/callFailed(action:domain:cause:)``, or xenstore's error.
    public func domains() throws(ToolstackError) -> [DomainInformation] {
        let store = try XenStore()
        var found: [DomainInformation] = []
        var next: UInt32 = 0
        while true {
            let batch = try list(from: next, atMost: 64)
            for raw in batch { found.append(try information(raw, store)) }
            guard batch.count == 64, let last = batch.last else { return found }
            next = UInt32(last.domain) + 1
        }
    }

    /// One domain by its number.
    ///
    /// - Parameter id: The number on this host.
    /// - Returns: Its state of this instant.
    /// - Throws: ``ToolstackError/noSuchDomain(_:)``, or the failed call.
    public func domain(_ id: DomainID) throws(ToolstackError) -> DomainInformation {
        guard let raw = try raw(id) else { throw .noSuchDomain(id.description) }
        return try information(raw, try XenStore())
    }

    /// One domain by its identity.
    ///
    /// - Parameter identity: The UUID.
    /// - Returns: The domain, or `nil` when none has it. One that has ended or is being torn down is found only when no
    ///   live one has the identity: libxl leaves it to a guest that it restarts under another name.
    /// - Throws: The failed call.
    public func domain(with identity: DomainIdentity) throws(ToolstackError) -> DomainInformation? {
        let found = try domains().filter { $0.identity == identity }
        return found.first { GuestEnd(state: $0.state) == nil } ?? found.first
    }

    /// The domain that an operator means.
    ///
    /// - Parameter text: A name, a number or a UUID; a name goes before a number.
    /// - Returns: The only domain that it fits.
    /// - Throws: ``ToolstackError/noSuchDomain(_:)``, ``ToolstackError/ambiguousDomainName(_:_:)``, or the failed call.
    public func find(nameOrID text: String) throws(ToolstackError) -> DomainInformation {
        let all = try domains()
        let named = all.filter { $0.name == text }
        if named.count > 1 { throw .ambiguousDomainName(text, named.map(\.id)) }
        if let domain = named.first { return domain }
        // Beside a domain that was set aside or is being torn down, Xen may list a live one of the same identity.
        if let identity = DomainIdentity(text), let domain = try self.domain(with: identity) { return domain }
        if let number = UInt32(text), let domain = all.first(where: { $0.id.rawValue == number }) { return domain }
        throw .noSuchDomain(text)
    }

    /// What a domain is doing, without xenstore: cheap enough for every epoch.
    ///
    /// - Parameter id: The number on this host.
    /// - Returns: Its state of this instant.
    /// - Throws: ``ToolstackError/domainGone(_:)``, or the failed call.
    public func state(of id: DomainID) throws(ToolstackError) -> DomainState {
        guard let raw = try raw(id) else { throw .domainGone(id) }
        return DomainState(flags: raw.flags)
    }

    /// What a domain is doing, and how much processor time it has had.
    ///
    /// - Parameter id: The number on this host.
    /// - Returns: Its state of this instant, and the time of all of its virtual processors together in nanoseconds.
    /// - Throws: ``ToolstackError/domainGone(_:)``, or the failed call.
    public func activity(of id: DomainID) throws(ToolstackError) -> (state: DomainState, processorTime: UInt64) {
        guard let raw = try raw(id) else { throw .domainGone(id) }
        return (DomainState(flags: raw.flags), raw.cpu_time)
    }

    /// The host's memory and abilities.
    ///
    /// - Throws: The failed call.
    public func host() throws(ToolstackError) -> HostInformation {
        var info = xc_physinfo_t()
        try checkedLibraryCall(xc_physinfo(handle, &info), "ask for the host's memory", "xc_physinfo", nil)
        return HostInformation(
            freeMemoryBytes: info.free_pages * 4096,
            totalMemoryBytes: info.total_pages * 4096,
            xenVersion: try version(),
            hasHardwareAssistedPaging: info.capabilities & XEN_SYSCTL_PHYSCAP_hap != 0,
            hasShadowPaging: info.capabilities & XEN_SYSCTL_PHYSCAP_shadow != 0)
    }

    /// Xen's own record of one domain; `nil` when there is none with this number.
    func raw(_ id: DomainID) throws(ToolstackError) -> xc_domaininfo_t? {
        let batch = try list(from: id.rawValue, atMost: 1)
        guard let first = batch.first, UInt32(first.domain) == id.rawValue else { return nil }
        return first
    }

    private func list(from first: UInt32, atMost count: Int) throws(ToolstackError) -> [xc_domaininfo_t] {
        var batch = [xc_domaininfo_t](repeating: xc_domaininfo_t(), count: count)
        let found = xc_domain_getinfolist(handle, first, UInt32(count), &batch)
        try checkedLibraryCall(found, "list the domains", "xc_domain_getinfolist", nil)
        return Array(batch.prefix(Int(found)))
    }

    private func information(
        _ raw: xc_domaininfo_t, _ store: borrowing XenStore
    ) throws(ToolstackError) -> DomainInformation {
        let id = DomainID(rawValue: UInt32(raw.domain))
        // A domain that is being torn down has lost its memory map; that is no reason not to list it.
        var highest: xen_pfn_t = 0
        if xc_domain_nr_gpfns(handle, id.rawValue, &highest) < 0 { highest = 0 }
        return DomainInformation(
            id: id,
            identity: DomainIdentity(raw.handle),
            name: try store.read(id.path + "/name"),
            type: GuestType(flags: raw.flags, emulation: raw.arch_config.emulation_flags),
            state: DomainState(flags: raw.flags),
            virtualProcessors: Int(raw.nr_online_vcpus),
            currentMemoryPages: raw.tot_pages,
            maximumMemoryPages: raw.max_pages,
            highestFrame: UInt64(highest),
            usesHardwareAssistedPaging: raw.flags & XEN_DOMINF_hap != 0)
    }

    private func version() throws(ToolstackError) -> String {
        var number: UInt32 = 0
        var extra = [CChar](repeating: 0, count: 16)
        try checkedCall(rxc_version(handle, &number), "ask for Xen's version", "xc_version", nil)
        try checkedCall(rxc_version_extra(handle, &extra), "ask for Xen's version", "xc_version", nil)
        let text = extra.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return "\(number >> 16).\(number & 0xFFFF)" + String(decoding: text, as: UTF8.self)
    }
}

extension DomainState {
    init(flags: UInt32) {
        if flags & XEN_DOMINF_dying != 0 {
            self = .dying
        } else if flags & XEN_DOMINF_shutdown != 0 {
            self = .shutdown(ShutdownReason(code: UInt8(truncatingIfNeeded: flags >> XEN_DOMINF_shutdownshift)))
        } else if flags & XEN_DOMINF_paused != 0 {
            self = .paused
        } else {
            self = flags & XEN_DOMINF_blocked != 0 ? .blocked : .running
        }
    }
}

extension GuestType {
    init(flags: UInt32, emulation: UInt32) {
        // PVH is an HVM container whose only emulated device is the local APIC.
        if flags & XEN_DOMINF_hvm_guest == 0 { self = .pv } else { self = emulation == XEN_X86_EMU_LAPIC ? .pvh : .hvm }
    }
}

extension DomainIdentity {
    init(_ handle: xen_domain_handle_t) {
        var halves: (UInt64, UInt64) = (0, 0)
        withUnsafeBytes(of: handle) { bytes in
            for byte in bytes.prefix(8) { halves.0 = halves.0 << 8 | UInt64(byte) }
            for byte in bytes.dropFirst(8) { halves.1 = halves.1 << 8 | UInt64(byte) }
        }
        self.init(high: halves.0, low: halves.1)
    }
}
