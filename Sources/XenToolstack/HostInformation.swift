internal import Glibc

/// What the host has to offer.
public struct HostInformation: Equatable, Sendable {
    /// Bytes of memory that no domain owns.
    public let freeMemoryBytes: UInt64
    /// Bytes of memory that Xen manages.
    public let totalMemoryBytes: UInt64
    /// Xen's version, for instance "4.17.5".
    public let xenVersion: String
    /// Whether the processor can do second-stage paging.
    public let hasHardwareAssistedPaging: Bool
    /// Whether the hypervisor was built with shadow paging, which PV guests need for write tracking.
    public let hasShadowPaging: Bool
}

/// What this machine is, told from files that the kernel shows before anything of Xen's is opened.
enum HostRole {
    /// Refuses every machine but a control domain, with the reason told apart.
    static func requireControlDomain() throws(ToolstackError) {
        guard contents("/sys/hypervisor/type") == "xen" else { throw .noHypervisor }
        // The file is there when xenfs is mounted, as Debian's xen-utils does; without it the open below decides.
        if let abilities = contents("/proc/xen/capabilities"), !abilities.contains("control_d") {
            throw .notControlDomain
        }
        guard geteuid() == 0 else { throw .notPrivileged }
    }

    private static func contents(_ path: String) -> String? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        guard fgets(&line, Int32(line.count), file) != nil else { return "" }
        let bytes = line.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
