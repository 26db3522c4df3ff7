internal import SystemKit

/// Tells one boot of this host from another.
enum BootIdentifier {
    /// The kernel's random identifier of this boot; empty when the kernel does not tell.
    static var current: String {
        guard let bytes = try? FileDescriptor.contents(of: "/proc/sys/kernel/random/boot_id", atMost: 64) else {
            return ""
        }
        return String(decoding: bytes, as: UTF8.self).filter { !$0.isNewline }
    }
}
