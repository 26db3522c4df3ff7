/// The names of the buffer devices: each follows from its interface alone, so that a later process finds it again.
enum BufferDeviceName {
    /// `IFNAMSIZ` without the final zero byte.
    static let longest = 15

    /// The name of the buffer device of an interface.
    ///
    /// Xen's own names carry domid and devid (`vif3.0` gives `rc3.0`). Any other name, given in the guest's
    /// configuration, may be too long to take over, so the interface's index stands for it (`rci17`).
    static func of(interface: String, index: Int32) -> String {
        if let suffix = xenSuffix(of: interface, after: "vif"), suffix.utf8.count + 2 <= longest {
            return "rc" + suffix
        }
        return "rci\(index)"
    }

    /// Whether a name is one of ours.
    static func isOurs(_ name: String) -> Bool {
        if xenSuffix(of: name, after: "rc") != nil { return true }
        guard name.hasPrefix("rci") else { return false }
        return isNumber(name.dropFirst(3))
    }

    /// The text `<domid>.<devid>` after the prefix, or nil when the name is of another form.
    private static func xenSuffix(of name: String, after prefix: String) -> String? {
        guard name.hasPrefix(prefix) else { return nil }
        let rest = name.dropFirst(prefix.count)
        let parts = rest.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ isNumber($0) }) else { return nil }
        return String(rest)
    }

    private static func isNumber(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
}
