/// The devices of a guest whose host ends this program connects itself, in place of Xen's stock scripts.
///
/// Xen's `vif-bridge` and `block` are shell scripts that start some dozens of programs each: most of the time of a takeover.
/// What they do for an interface in a plain bridge and for a block device is little, and is done here instead. A device for
/// which they would do more, or for which the guest's configuration names another script, is left to libxl.
struct DirectDevices: Equatable, Sendable {
    /// An interface in a bridge.
    struct Interface: Equatable, Sendable {
        /// Its place in the configuration's list, from 0.
        let place: Int
        /// Its number in the guest.
        let number: Int
        /// The name that its host end shall have; `nil` for Xen's own.
        let givenName: String?
        /// The bridge.
        let bridge: String
    }

    /// A disk on a block device.
    struct Disk: Equatable, Sendable {
        /// Its place in the configuration's list, from 0.
        let place: Int
        /// The device name in the guest, for instance "xvda".
        let target: String
        /// The block device.
        let path: String
        /// Whether the guest may write to it.
        let isWritable: Bool
    }

    /// The interfaces, in the order of the configuration.
    let interfaces: [Interface]
    /// The disks, in the order of the configuration.
    let disks: [Disk]
    /// Whether libxl opens none of the guest's disks, nor starts anything that does.
    let coverAllDisks: Bool

    /// No devices: libxl connects them all.
    static let none = DirectDevices()

    /// Where Debian's Xen has its scripts.
    static let scriptFolder = "/etc/xen/scripts"
    static let interfaceScript = "\(scriptFolder)/vif-bridge"
    static let diskScript = "\(scriptFolder)/block"
    /// Where libxl puts an interface for which no bridge is named.
    private static let defaultBridge = "xenbr0"

    /// Chooses them.
    ///
    /// - Parameters:
    ///   - configuration: Libxl's configuration of the guest.
    ///   - site: What there is on this host.
    init(of configuration: JSONValue, on site: HotplugSite) {
        // An HVM guest's device model has an interface of its own beside each of the guest's, and opens the disks itself.
        guard let type = configuration["c_info"]["type"].text, ["pvh", "pv"].contains(type) else {
            self = .none
            return
        }
        interfaces = configuration["nics"].list.enumerated().compactMap { Self.interface($1, at: $0, on: site) }
        let all = configuration["disks"].list
        disks = all.enumerated().compactMap { Self.disk($1, at: $0, on: site) }
        coverAllDisks = disks.count == all.count
    }

    /// Makes a list of devices.
    init(interfaces: [Interface] = [], disks: [Disk] = [], coverAllDisks: Bool = false) {
        self.interfaces = interfaces
        self.disks = disks
        self.coverAllDisks = coverAllDisks
    }

    /// The bridges and block devices that a configuration names, to be looked for on the host.
    static func candidates(in configuration: JSONValue) -> (bridges: Set<String>, paths: Set<String>) {
        (
            Set(configuration["nics"].list.map { $0["bridge"].text ?? defaultBridge }),
            Set(configuration["disks"].list.compactMap { $0["pdev_path"].text })
        )
    }

    private static func interface(_ device: JSONValue, at place: Int, on site: HotplugSite) -> Interface? {
        guard isOfThisHost(device), isStock(device["script"], "vif-bridge"), !site.hasInterfaceHooks else { return nil }
        // With addresses the script makes the host's filter hold the guest to them.
        guard isAbsent(device["ip"]), isAbsent(device["coloft_forwarddev"]) else { return nil }
        guard let number = device["devid"].number.flatMap({ Int(exactly: $0) }), number >= 0 else { return nil }
        let bridge = device["bridge"].text ?? defaultBridge
        guard site.plainBridges.contains(bridge) else { return nil }
        let name = device["ifname"].text.flatMap { $0.isEmpty ? nil : $0 }
        return Interface(place: place, number: number, givenName: name, bridge: bridge)
    }

    private static func disk(_ device: JSONValue, at place: Int, on site: HotplugSite) -> Disk? {
        guard isOfThisHost(device), isStock(device["script"], "block") else { return nil }
        guard device["format"].text == "raw", isOneOf(["unknown", "phy"], device["backend"]) else { return nil }
        guard isOneOf(["unknown", "xen"], device["specification"]), device["colo_enable"].text != "True" else {
            return nil
        }
        guard (device["is_cdrom"].number ?? 0) == 0, let target = device["vdev"].text, !target.isEmpty else {
            return nil
        }
        // A file would need a loop device.
        guard let path = device["pdev_path"].text, site.blockDevices.contains(path) else { return nil }
        return Disk(place: place, target: target, path: path, isWritable: (device["readwrite"].number ?? 0) != 0)
    }

    private static func isOfThisHost(_ device: JSONValue) -> Bool {
        (device["backend_domid"].number ?? 0) == 0 && isAbsent(device["backend_domname"])
    }

    private static func isStock(_ script: JSONValue, _ name: String) -> Bool {
        isOneOf([name, "\(scriptFolder)/\(name)"], script)
    }

    private static func isAbsent(_ value: JSONValue) -> Bool { value == .null || value.text == "" }

    /// Libxl leaves out what has its default.
    private static func isOneOf(_ words: [String], _ value: JSONValue) -> Bool {
        value == .null || value.text.map { words.contains($0) } ?? false
    }
}
