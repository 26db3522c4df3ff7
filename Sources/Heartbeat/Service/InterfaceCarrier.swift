internal import Glibc
internal import SystemKit

/// Reads whether an interface has a carrier.
///
/// The read may wait for the kernel's network lock, so that the beat's thread never does it.
enum InterfaceCarrier {
    /// The states of RFC 2863 in which nothing can be sent; loopback and dummy interfaces have "unknown".
    private static let downStates: [[UInt8]] = ["down", "lowerlayerdown", "notpresent"].map { Array($0.utf8) }

    /// Whether the interface can send.
    ///
    /// - Parameter interface: Its name.
    /// - Returns: `false` too when it does not exist or is switched off.
    static func isPresent(on interface: String) -> Bool {
        let folder = "/sys/class/net/\(interface)/"
        guard firstLine(of: folder + "carrier") == [UInt8(ascii: "1")] else { return false }
        return !downStates.contains(firstLine(of: folder + "operstate"))
    }

    private static func firstLine(of path: String) -> [UInt8] {
        let number = open(path, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { return [] }
        let file = FileDescriptor(owning: number)
        var buffer = [32 of UInt8](repeating: 0)
        var span = buffer.mutableSpan
        // A switched-off interface answers EINVAL: it has no carrier.
        let length = span.withUnsafeMutableBytes { (try? file.read(into: $0)) ?? 0 }
        var line: [UInt8] = []
        for index in 0..<length where buffer[index] != UInt8(ascii: "\n") { line.append(buffer[index]) }
        return line
    }
}
