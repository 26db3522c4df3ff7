/// Which network interfaces and disks a guest has, by their numbers in the guest.
public struct DeviceRoster: Equatable, Sendable {
    private let interfaces: Set<String>
    private let disks: Set<String>

    /// Makes a roster of numbers as xenstore has them.
    init(interfaces: [String], disks: [String]) {
        self.interfaces = Set(interfaces)
        self.disks = Set(disks)
    }

    /// What is different in a later roster, in words.
    ///
    /// - Parameter now: The later one.
    /// - Returns: A clause such as "network interface 1 was attached"; `nil` when both are the same.
    public func change(to now: DeviceRoster) -> String? {
        let changes =
            Self.changes("network interface", from: interfaces, to: now.interfaces)
            + Self.changes("disk", from: disks, to: now.disks)
        return changes.isEmpty ? nil : changes.joined(separator: ", ")
    }

    private static func changes(_ kind: String, from before: Set<String>, to now: Set<String>) -> [String] {
        now.subtracting(before).sorted().map { "\(kind) \($0) was attached" }
            + before.subtracting(now).sorted().map { "\(kind) \($0) was detached" }
    }
}

/// A connection to xenstore for looking at one guest's devices again and again.
public struct DeviceWatch: ~Copyable {
    private let store: XenStore
    private let domain: DomainID

    /// Connects.
    ///
    /// - Parameter domain: The guest.
    /// - Throws: ``ToolstackError/xenStoreFailed(action:path:cause:)``.
    public init(domain: DomainID) throws(ToolstackError) {
        store = try XenStore()
        self.domain = domain
    }

    /// The devices of this moment; two questions to xenstored.
    ///
    /// - Returns: The roster.
    /// - Throws: ``ToolstackError/xenStoreFailed(action:path:cause:)``.
    public borrowing func roster() throws(ToolstackError) -> DeviceRoster {
        DeviceRoster(
            interfaces: try store.list(domain.path + "/device/vif"), disks: try store.list(domain.path + "/device/vbd"))
    }
}
