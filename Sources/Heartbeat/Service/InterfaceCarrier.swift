internal import Glibc
internal import SystemKit

/// Reads whether an interface has a carrier.
///
/// The read may wait for the kernel's network lock, so that the beat's thread never does it.
enum InterfaceCarrier {
    /// Whether the interface can send.
    ///
    /// - Parameter interface: Its name.
    /// - Returns: `false` too when it does not exist or is switched off.
    static func isPresent(on interface: String) -> Bool {
        let number = open("/sys/class/net/\(interface)/carrier", O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { return false }
        let file = FileDescriptor(owning: number)
        var first: UInt8 = 0
        // A switched-off interface answers EINVAL: it has no carrier.
        let length = withUnsafeMutableBytes(of: &first) { (try? file.read(into: $0)) ?? 0 }
        return length == 1 && first == UInt8(ascii: "1")
    }
}
