public import ReplicaModel

/// What libxl knows about how a domain was made: enough to make its replica.
public struct DomainConfiguration: Equatable, Sendable {
    /// Libxl's own text, which the backup gives back to libxl.
    public let json: String
    /// The domain's name.
    public let name: String
    /// The domain's UUID.
    public let identity: DomainIdentity
    /// The kind of guest.
    public let type: GuestType
    /// The most memory that the domain may have, in KiB.
    public let maximumMemoryKiB: UInt64
    /// The memory that the domain was given, in KiB.
    public let targetMemoryKiB: UInt64
    /// The most virtual processors.
    public let maximumVirtualProcessors: Int
    /// Whether the guest sees several memory nodes, which libxl cannot restore.
    public let usesVirtualNUMA: Bool
    /// Host devices given to the guest, in words; none of them can be replicated.
    public let passthroughDevices: [String]
    /// What is to be done when the guest ends.
    public let lifecycle: LifecycleActions
    /// The files that a new start of the guest needs on its host: kernel and ramdisk, none with a boot loader.
    public let bootFiles: [String]

    /// Reads libxl's text.
    ///
    /// - Parameter json: The output of ``ToolstackHelper/describe(_:log:)``.
    /// - Throws: ``ToolstackError/malformedConfiguration(_:)`` that names what is missing.
    public init(json: String) throws(ToolstackError) {
        guard let root = JSONValue.parse(json) else { throw .malformedConfiguration("it is not JSON") }
        let creation = root["c_info"]
        let build = root["b_info"]
        guard let name = creation["name"].text else { throw .malformedConfiguration("it has no c_info.name") }
        guard let identity = creation["uuid"].text.flatMap({ DomainIdentity($0) }) else {
            throw .malformedConfiguration("it has no c_info.uuid")
        }
        guard let type = creation["type"].text.flatMap(GuestType.init(rawValue:)) else {
            throw .malformedConfiguration("its c_info.type is not pv, pvh or hvm")
        }
        guard let maximum = build["max_memkb"].number, maximum > 0 else {
            throw .malformedConfiguration("it has no b_info.max_memkb")
        }
        self.json = json
        self.name = name
        self.identity = identity
        self.type = type
        maximumMemoryKiB = UInt64(maximum)
        targetMemoryKiB = build["target_memkb"].number.flatMap { UInt64(exactly: $0) } ?? UInt64(maximum)
        maximumVirtualProcessors = build["max_vcpus"].number.flatMap { Int(exactly: $0) } ?? 1
        usesVirtualNUMA = !build["vnuma_nodes"].list.isEmpty
        lifecycle = try LifecycleActions(configuration: root)
        bootFiles = ["kernel", "ramdisk"].compactMap { build[$0].text }.filter { !$0.isEmpty }
        passthroughDevices =
            root["pcidevs"].list.map(Self.nameOfPCIDevice) + root["dtdevs"].list.map { _ in "device tree node" }
            + root["usbctrls"].list.map { _ in "USB controller" } + root["rdms"].list.map { _ in "reserved memory" }
    }

    /// The devices that can be connected on this host without Xen's scripts.
    ///
    /// - Throws: ``ToolstackError/malformedConfiguration(_:)``.
    func directDevices() throws(ToolstackError) -> DirectDevices {
        guard let root = JSONValue.parse(json) else { throw .malformedConfiguration("it is not JSON") }
        let candidates = DirectDevices.candidates(in: root)
        return DirectDevices(of: root, on: HotplugSite(lookingFor: candidates.bridges, candidates.paths))
    }

    private static func nameOfPCIDevice(_ device: JSONValue) -> String {
        func hexadecimal(_ name: String, _ width: Int) -> String {
            let digits = String(device[name].number ?? 0, radix: 16)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return "PCI " + hexadecimal("domain", 4) + ":" + hexadecimal("bus", 2) + ":" + hexadecimal("dev", 2) + "."
            + hexadecimal("func", 1)
    }
}
