internal import Glibc
internal import SystemKit

/// What a command asks about the system that it runs on; a test gives its own answers.
struct HostFacts: Sendable {
    /// Whether the caller is root.
    let isRoot: Bool
    /// Whether this is the control domain of a Xen host.
    let isControlDomain: Bool

    /// The facts of this system.
    static func current() -> HostFacts { HostFacts(isRoot: geteuid() == 0, isControlDomain: readIsControlDomain()) }

    /// Xen's file system says it where it is mounted; the hypervisor's feature bits say it everywhere.
    private static func readIsControlDomain() -> Bool {
        if let capabilities = firstBytes(of: "/proc/xen/capabilities"), capabilities.contains("control_d") {
            return true
        }
        guard let text = firstBytes(of: "/sys/hypervisor/properties/features"),
            let features = UInt64(text.filter(\.isHexDigit), radix: 16)
        else { return false }
        // XENFEAT_dom0 is bit 11 of Xen's public interface.
        return features & (1 << 11) != 0
    }

    private static func firstBytes(of path: String) -> String? {
        let number = open(path, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { return nil }
        let descriptor = FileDescriptor(owning: number)
        return withUnsafeTemporaryAllocation(byteCount: 256, alignment: 1) { buffer -> String? in
            guard let count = try? descriptor.read(into: buffer) else { return nil }
            return String(decoding: buffer[..<count], as: UTF8.self)
        }
    }
}
