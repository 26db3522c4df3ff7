/// The memory of this host's own programs.
public enum HostMemory {
    private static let path = "/proc/meminfo"
    private static let key = "MemAvailable:"

    /// What programs could still take without swapping, in bytes.
    ///
    /// - Returns: The kernel's estimate, or `nil` when it gives none.
    public static var available: UInt64? {
        guard let text = try? FileDescriptor.contents(of: path, atMost: 65_536) else { return nil }
        return available(in: String(decoding: text, as: UTF8.self))
    }

    /// Reads the estimate from the kernel's table.
    static func available(in table: String) -> UInt64? {
        guard let line = table.split(separator: "\n").first(where: { $0.hasPrefix(key) }) else { return nil }
        let words = line.dropFirst(key.count).split(separator: " ")
        guard words.count == 2, words[1] == "kB", let kibibytes = UInt64(words[0]) else { return nil }
        return kibibytes.multipliedReportingOverflow(by: 1_024).partialValue
    }
}
