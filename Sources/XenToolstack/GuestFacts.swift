internal import ReplicaModel

/// What must be known about a guest before it is protected; whether it is good enough is the caller's to say.
public struct GuestFacts: Equatable, Sendable {
    /// Xen's view of it.
    public let information: DomainInformation
    /// Libxl's view of it.
    public let configuration: DomainConfiguration
    /// Whether its kernel said that it can suspend on request, or has shown it by having been restored before.
    ///
    /// Linux says so once, when it boots: a guest that came through a failover or a migration does not say it again.
    public let supportsSuspend: Bool
    /// Whether its Xen drivers are up; false for a guest that is still booting or resuming.
    public let callbackIsSet: Bool
    /// What the balloon driver was told to keep, in KiB; differs from ``staticMaximumKiB`` when it is ballooned down.
    public let memoryTargetKiB: UInt64
    /// What it may grow to, in KiB.
    public let staticMaximumKiB: UInt64
    /// Its network interfaces, by index.
    public let interfaces: [NetworkInterface]
    /// Its disks, by device name.
    public let disks: [Disk]
    /// The numbers of its interfaces and disks, to notice a later change.
    public let devices: DeviceRoster

    /// The bytes of memory that it owns now.
    public var memoryBytes: UInt64 { information.currentMemoryPages * UInt64(GuestMemory.pageSize) }

    /// One network interface of a guest, with its host end.
    public struct NetworkInterface: Equatable, Sendable {
        /// The number in the guest.
        public let index: Int
        /// The hardware address that the guest sees, as text.
        public let hardwareAddress: String
        /// The bridge that its host end is in; `nil` when the script does without.
        public let bridge: String?
        /// The script that connects its host end.
        public let script: String?
        /// The domain of its host end.
        public let backend: DomainID
        /// The name of its host end.
        public let hostInterface: String
        /// What the script has left in xenstore, where the host end's driver waits for it (Linux, `xen-netback/xenbus.c`);
        /// empty is what libxl puts there before the script begins.
        let hotplugStatus: String

        /// Whether the script that connects its host end is still at work; also while the interface is taken away, because the
        /// driver removes the script's word then.
        public var isBeingConnected: Bool { script != nil && hotplugStatus.isEmpty }
    }

    /// One disk of a guest, with its host end.
    public struct Disk: Equatable, Sendable {
        /// The device name in the guest, for instance "xvda".
        public let target: String
        /// The file or device behind it.
        public let path: String
        /// How it is presented: "phy", "qdisk" and so on.
        public let type: String
        /// Whether the guest may write to it.
        public let isWritable: Bool
        /// The domain of its host end.
        public let backend: DomainID
    }
}

extension Hypervisor {
    /// Gathers what must be known about a guest before it is protected.
    ///
    /// - Parameters:
    ///   - domain: The guest.
    ///   - configuration: Libxl's view of it, from ``ToolstackHelper/describe(_:log:)``.
    /// - Returns: The facts of this instant.
    /// - Throws: ``ToolstackError/noSuchDomain(_:)``, or the failed call.
    public func facts(
        of domain: DomainID, configuration: DomainConfiguration
    ) throws(ToolstackError) -> GuestFacts {
        let store = try XenStore()
        let information = try self.domain(domain)
        let announced = try store.read(domain.path + "/control/feature-suspend") == "1"
        // Xen counts the times that a domain was made from a saved one, beginning with 1.
        let hasMoved = try TimestampCounter.read(self, domain).incarnation > 1
        let target = try store.number(domain.path + "/memory/target") ?? configuration.targetMemoryKiB
        // Before the interfaces and disks themselves: what comes in between then shows as a change.
        let devices = try DeviceWatch(domain: domain).roster()
        return GuestFacts(
            information: information,
            configuration: configuration,
            supportsSuspend: announced || hasMoved,
            callbackIsSet: information.isHVMContainer ? try callbackInterruptIsSet(of: domain) : true,
            memoryTargetKiB: target,
            staticMaximumKiB: try store.number(domain.path + "/memory/static-max") ?? configuration.maximumMemoryKiB,
            interfaces: try store.interfaces(of: domain),
            disks: try store.disks(of: domain),
            devices: devices)
    }

    /// A domain's network interfaces, with their host ends.
    ///
    /// - Parameter domain: The domain.
    /// - Returns: The interfaces that libxl has set up, by index.
    /// - Throws: The failed call.
    public func interfaces(of domain: DomainID) throws(ToolstackError) -> [GuestFacts.NetworkInterface] {
        try XenStore().interfaces(of: domain)
    }

    /// A domain's disks, with their host ends.
    ///
    /// - Parameter domain: The domain.
    /// - Returns: The disks that libxl has set up, by device name.
    /// - Throws: The failed call.
    public func disks(of domain: DomainID) throws(ToolstackError) -> [GuestFacts.Disk] {
        try XenStore().disks(of: domain)
    }
}

extension XenStore {
    fileprivate borrowing func number(_ path: String) throws(ToolstackError) -> UInt64? {
        try read(path).flatMap { UInt64($0) }
    }

    fileprivate borrowing func interfaces(
        of domain: DomainID
    ) throws(ToolstackError) -> [GuestFacts.NetworkInterface] {
        var found: [GuestFacts.NetworkInterface] = []
        for name in try list(domain.path + "/device/vif") {
            let front = domain.path + "/device/vif/" + name
            guard let index = Int(name), let back = try read(front + "/backend") else { continue }
            let given = try read(back + "/vifname")
            found.append(
                GuestFacts.NetworkInterface(
                    index: index,
                    hardwareAddress: try read(front + "/mac") ?? "",
                    bridge: try read(back + "/bridge"),
                    script: try read(back + "/script"),
                    backend: DomainID(rawValue: UInt32(try number(front + "/backend-id") ?? 0)),
                    hostInterface: given ?? "vif\(domain).\(index)",
                    hotplugStatus: try read(back + "/hotplug-status") ?? ""))
        }
        return found.sorted { $0.index < $1.index }
    }

    fileprivate borrowing func disks(of domain: DomainID) throws(ToolstackError) -> [GuestFacts.Disk] {
        var found: [GuestFacts.Disk] = []
        for name in try list(domain.path + "/device/vbd") {
            let front = domain.path + "/device/vbd/" + name
            guard let back = try read(front + "/backend") else { continue }
            found.append(
                GuestFacts.Disk(
                    target: try read(back + "/dev") ?? name,
                    path: try read(back + "/params") ?? "",
                    type: try read(back + "/type") ?? "",
                    isWritable: try read(back + "/mode") == "w",
                    backend: DomainID(rawValue: UInt32(try number(front + "/backend-id") ?? 0))))
        }
        return found.sorted { $0.target < $1.target }
    }
}
