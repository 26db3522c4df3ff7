internal import Glibc

/// Tells one boot of this host from another.
enum BootIdentifier {
    /// The kernel's random identifier of this boot; empty when the kernel does not tell.
    static var current: String {
        guard let file = fopen("/proc/sys/kernel/random/boot_id", "re") else { return "" }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<count], as: UTF8.self).filter { !$0.isNewline }
    }
}
