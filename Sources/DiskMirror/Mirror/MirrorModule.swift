internal import Glibc
internal import SystemKit

/// The DRBD module in the kernel, as far as it is the same for all resources.
public enum MirrorModule {
    private static let parameter = "/sys/module/drbd/parameters/disable_sendpage"

    /// Has DRBD copy what it sends, in place of handing the network pages of the guest's memory.
    ///
    /// To a peer that died, the network keeps what it was given until it gives the connection up, which takes minutes. So long a
    /// guest whose pages they are cannot be destroyed: it stays as a domain without a name, and no new one of it gets its
    /// devices. DRBD has the switch for just that (`disable_sendpage`).
    ///
    /// - Throws: ``MirrorError/system(action:reason:)``.
    public static func copyWhatIsSent() throws(MirrorError) {
        do throws(SystemError) {
            let file = FileDescriptor(owning: try retrying("open") { open(parameter, O_WRONLY | O_CLOEXEC) })
            try Array("Y\n".utf8).span.bytes.withUnsafeBytes { (bytes) throws(SystemError) in try file.writeAll(bytes) }
        } catch { throw .system(action: "set \(parameter)", reason: error.description) }
    }
}
