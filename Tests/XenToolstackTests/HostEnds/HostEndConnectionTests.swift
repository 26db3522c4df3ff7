import Glibc
import Synchronization
import SystemKit
import TestSupport
import Testing

@testable import XenToolstack

/// The host ends of devices in a network, with mounts and a store of their own: beside what Xen's scripts make of them.
@Suite(.serialized) struct HostEndConnectionTests {
    /// Whether a private network can have bridges; needs root.
    static let hasBridges =
        (try? PrivateNetwork.run { () throws -> Bool in
            try PrivateNetwork.showOwnDevices()
            try ip("link add name xenbr0 type bridge")
            return true
        }) == true
    static let hasScripts = access(DirectDevices.interfaceScript, X_OK) == 0

    private struct Refused: Error { var words: String }

    private static func ip(_ words: String) throws {
        let run = try ProcessRun.run(
            path: "/sbin/ip", arguments: words.split(separator: " ").map(String.init), timeout: 60_000_000_000, grace: 0
        )
        guard run.ending == .exited(status: 0) else { throw Refused(words: words) }
    }

    /// What can be seen of an interface.
    private struct Look: Equatable, Sendable {
        var address, mtu, bridge, isUp: String

        init(_ name: String) {
            func text(_ file: String) -> String {
                let bytes = (try? FileDescriptor.contents(of: "/sys/class/net/\(name)/\(file)", atMost: 64)) ?? []
                return String(decoding: bytes.prefix { $0 != 10 }, as: UTF8.self)
            }
            address = text("address")
            mtu = text("mtu")
            let master = realpath("/sys/class/net/\(name)/master", nil)
            bridge = master.map { String(cString: $0).split(separator: "/").last.map(String.init) ?? "" } ?? ""
            free(master)
            isUp = (text("flags").dropFirst(2).last?.hexDigitValue ?? 0) & 1 == 1 ? "up" : "down"
        }

        init(address: String, mtu: String, bridge: String, isUp: String) {
            (self.address, self.mtu, self.bridge, self.isUp) = (address, mtu, bridge, isUp)
        }
    }

    private static func store() throws -> SampleStore { try SampleStore.shared.get() }

    /// Keeps the host's devices, logs and locks out of reach, and shows Xen's scripts the store where they look for it.
    private static func hide() throws {
        try PrivateNetwork.showOwnDevices(hiding: ["/var/log/xen", "/run"])
        guard mkdir("/run/xenstored", 0o755) == 0, symlink(try store().path, "/run/xenstored/socket") == 0 else {
            throw Refused(words: "/run/xenstored")
        }
    }

    /// Makes what the driver and libxl make of an interface of a domain, and its bridge.
    private static func prepareInterface(
        _ domain: Int, bridge: String = "xenbr0", mtu: Int = 1500, more: [String: String] = [:]
    ) throws {
        try hide()
        try ip("link add name \(bridge) mtu \(mtu) type bridge")
        try ip("link add name vif\(domain).0 type veth peer name guest")
        let store = try store()
        store.clear("/\(domain)/")
        let back = "/local/domain/0/backend/vif/\(domain)/0"
        let nodes = ["bridge": "xenbr0", "script": "/bin/true", "hotplug-status": "", "state": "2"]
        for (name, text) in nodes.merging(more, uniquingKeysWith: { $1 }) { store["\(back)/\(name)"] = text }
        store["/libxl/\(domain)/device/vif/0/script"] = "/bin/true"
        store["/local/domain/\(domain)/device/vif/0/mtu"] = "1500"
    }

    private static func interface(as name: String? = nil) -> DirectDevices {
        DirectDevices(interfaces: [.init(place: 0, number: 0, givenName: name, bridge: "xenbr0")])
    }

    private static func connect(_ domain: UInt32, _ devices: DirectDevices) throws {
        try HostEndConnection(of: DomainID(rawValue: domain)) { _ in }.connect(devices, suitable: devices)
    }

    // MARK: Interfaces

    @Test(.enabled(if: hasBridges, "needs root and the kernel's bridges"))
    func putsAnInterfaceInItsBridge() throws {
        let look = try PrivateNetwork.run {
            try Self.prepareInterface(41, mtu: 1400)
            try Self.connect(41, Self.interface())
            return Look("vif41.0")
        }
        #expect(look == Look(address: "fe:ff:ff:ff:ff:ff", mtu: "1400", bridge: "xenbr0", isUp: "up"))
        let store = try Self.store()
        #expect(store["/local/domain/0/backend/vif/41/0/hotplug-status"] == "connected")
        #expect(store["/local/domain/0/backend/vif/41/0/script"] == "/etc/xen/scripts/vif-bridge")
        #expect(store["/libxl/41/device/vif/0/script"] == "/etc/xen/scripts/vif-bridge")
        #expect(store["/local/domain/41/device/vif/0/mtu"] == "1400")
        // The driver lets the guest in only when all else is there.
        #expect(store.written(with: "/41/").last == "/local/domain/0/backend/vif/41/0/hotplug-status")
    }

    @Test(.enabled(if: hasBridges, "needs root and the kernel's bridges"))
    func givesAnInterfaceItsOwnNameAndFrameSize() throws {
        let looks = try PrivateNetwork.run {
            try Self.prepareInterface(42, more: ["mtu": "1300", "vifname": "web0"])
            try Self.connect(42, Self.interface(as: "web0"))
            return [Look("web0"), Look("vif42.0")]
        }
        #expect(looks[0] == Look(address: "fe:ff:ff:ff:ff:ff", mtu: "1300", bridge: "xenbr0", isUp: "up"))
        #expect(looks[1].address.isEmpty)
    }

    @Test(.enabled(if: hasBridges, "needs root and the kernel's bridges"))
    func takesAnInterfaceThatIsInItsBridgeAlready() throws {
        let look = try PrivateNetwork.run {
            try Self.prepareInterface(43)
            try Self.ip("link set vif43.0 master xenbr0")
            try Self.connect(43, Self.interface())
            return Look("vif43.0")
        }
        #expect(look.bridge == "xenbr0" && look.isUp == "up")
        #expect(try Self.store()["/local/domain/0/backend/vif/43/0/hotplug-status"] == "connected")
    }

    @Test(.enabled(if: hasBridges, "needs root and the kernel's bridges"))
    func leavesAnInterfaceInAnotherBridgeThere() throws {
        let (error, look) = try PrivateNetwork.run {
            try PrivateNetwork.showOwnDevices()
            for words in ["xenbr0 type bridge", "other type bridge", "vif1.0 type veth peer name guest"] {
                try Self.ip("link add name \(words)")
            }
            try Self.ip("link set vif1.0 master other")
            let error = #expect(throws: SystemError.self) { try BridgePort.connect("vif1.0", to: "xenbr0") }
            return (error, Look("vif1.0"))
        }
        #expect(error?.code == EBUSY && look.bridge == "other")
    }

    /// Xen's own script has the same interface, store and bridge to work on.
    @Test(
        .enabled(if: hasBridges && hasScripts, "needs root, the kernel's bridges and Xen's scripts"),
        arguments: [
            [:], ["mtu": "1350"], ["vifname": "web0"], ["vifname": "web0", "mtu": "9000"],
        ])
    func makesTheSameOfAnInterfaceAsTheScript(more: [String: String]) throws {
        let name = more["vifname"] ?? "vif44.0"
        let looks = try [true, false].map { isDirect in
            try PrivateNetwork.run {
                try Self.prepareInterface(44, mtu: 1450, more: more)
                if isDirect {
                    try Self.connect(44, Self.interface(as: more["vifname"]))
                } else {
                    let script = DirectDevices.interfaceScript
                    let run = try ProcessRun.run(
                        path: script, arguments: ["online", "type_if=vif"],
                        environment: [
                            ProcessStart.searchPath, "script=\(script)", "XENBUS_TYPE=vif",
                            "XENBUS_PATH=backend/vif/44/0", "XENBUS_BASE_PATH=backend", "netdev=", "vif=vif44.0",
                        ], timeout: 60_000_000_000, grace: 0)
                    #expect(run.ending == .exited(status: 0), "\(String(decoding: run.output, as: UTF8.self))")
                }
                // The script is named anew here; and it tells the guest of a renamed interface nothing, since it finds the guest
                // by the name.
                let nodes = try Self.store().nodes(with: "/44/").filter {
                    !$0.key.hasSuffix("/script") && !(more["vifname"] != nil && $0.key.hasSuffix("device/vif/0/mtu"))
                }
                return (Look(name), nodes)
            }
        }
        #expect(looks[0].0 == looks[1].0)
        #expect(looks[0].1 == looks[1].1)
        #expect(looks[0].0.isUp == "up" && looks[0].0.bridge == "xenbr0")
    }

    // MARK: Disks

    /// Makes what libxl makes of a disk of a domain.
    private func prepareDisk(_ domain: Int, _ path: String) throws -> DirectDevices {
        let store = try Self.store()
        store.clear("/\(domain)/")
        store["/local/domain/0/backend/vbd/\(domain)/51712/dev"] = "xvda"
        store["/local/domain/0/backend/vbd/\(domain)/51728/dev"] = "xvdb"
        store["/local/domain/\(domain)/vm"] = "/vm/\(domain)"
        return DirectDevices(disks: [.init(place: 0, target: "xvdb", path: path, isWritable: true)])
    }

    /// A link to a block device that no driver stands behind.
    private func device(in directory: TemporaryDirectory, minor: UInt64) throws -> String {
        try #require(mknod("\(directory.path)/drbd", S_IFBLK | 0o600, dev_t(0x9300 + minor)) == 0)
        try #require(symlink("drbd", "\(directory.path)/data") == 0)
        return "\(directory.path)/data"
    }

    @Test(.enabled(if: geteuid() == 0, "needs root"))
    func givesTheDriverADisk() throws {
        let directory = try TemporaryDirectory()
        let path = try device(in: directory, minor: 3)
        try Self.connect(51, prepareDisk(51, path))
        let back = "/local/domain/0/backend/vbd/51/51728"
        let store = try Self.store()
        #expect(
            store.written(with: "/51/") == [
                back + "/script", "/libxl/51/device/vbd/51728/script", back + "/physical-device",
                back + "/physical-device-path", back + "/hotplug-status",
            ])
        #expect(store[back + "/physical-device"] == "93:3")
        #expect(store[back + "/physical-device-path"] == "\(directory.path)/drbd")
        #expect(store[back + "/hotplug-status"] == "connected")
        #expect(store[back + "/script"] == "/etc/xen/scripts/block")
        #expect(store["/libxl/51/device/vbd/51728/script"] == "/etc/xen/scripts/block")
        #expect(store["/local/domain/0/backend/vbd/51/51712/hotplug-status"] == nil)
    }

    @Test(.enabled(if: geteuid() == 0 && hasBridges && hasScripts, "needs root and Xen's scripts"))
    func doesNotGiveADiskThatAnotherDomainUses() throws {
        let directory = try TemporaryDirectory()
        let path = try device(in: directory, minor: 4)
        let other = "/local/domain/0/backend/vbd/53/51712"
        let store = try Self.store()
        store[other + "/physical-device"] = "93:4"
        store[other + "/mode"] = "w"
        store["/local/domain/53/vm"] = "/vm/53"
        let devices = try prepareDisk(52, path)
        let back = "/local/domain/0/backend/vbd/52/51728"
        for (name, text) in ["params": path, "mode": "w", "type": "phy", "frontend-id": "52"] {
            store["\(back)/\(name)"] = text
        }
        let error = try PrivateNetwork.run {
            try Self.hide()
            return #expect(throws: ToolstackError.self) { try Self.connect(52, devices) }
        }
        #expect(error?.description.contains("another domain uses it") == true)
        #expect(store[back + "/physical-device"] == nil)
        store.clear("/53/")
    }

    // MARK: The scripts

    /// The script finds the bridge of an old host, which this program does not: then it is slow, and does not fail.
    @Test(.enabled(if: hasBridges && hasScripts, "needs root, the kernel's bridges and Xen's scripts"))
    func leavesToTheScriptWhatItCannotDo() throws {
        let look = try PrivateNetwork.run {
            try Self.prepareInterface(45, bridge: "eth7", more: ["bridge": "xenbr7"])
            let devices = DirectDevices(
                interfaces: [.init(place: 0, number: 0, givenName: nil, bridge: "xenbr7")])
            try Self.connect(45, devices)
            return Look("vif45.0")
        }
        #expect(look.bridge == "eth7" && look.isUp == "up")
        #expect(try Self.store()["/local/domain/0/backend/vif/45/0/hotplug-status"] == "connected")
        #expect(try Self.store()["/local/domain/0/backend/vif/45/0/script"] == "/etc/xen/scripts/vif-bridge")
    }

    /// For instance the bridge's frames go through the packet filter by now.
    @Test(.enabled(if: hasBridges && hasScripts, "needs root, the kernel's bridges and Xen's scripts"))
    func leavesToTheScriptWhatIsNotSuitableAnyMore() throws {
        let (look, lines) = try PrivateNetwork.run {
            try Self.prepareInterface(47)
            let lines = Mutex<[String]>([])
            try HostEndConnection(of: DomainID(rawValue: 47)) { line in lines.withLock { $0.append(line) } }
                .connect(Self.interface(), suitable: .none)
            return (Look("vif47.0"), lines.withLock { $0 })
        }
        #expect(look.bridge == "xenbr0" && look.isUp == "up")
        #expect(lines.count == 1 && lines.first?.contains("backend/vif/47/0 is left to its script") == true)
    }

    @Test(.enabled(if: hasBridges && hasScripts, "needs root, the kernel's bridges and Xen's scripts"))
    func saysWhatNeitherCanDo() throws {
        let error = try PrivateNetwork.run {
            try Self.prepareInterface(46, bridge: "elsewhere")
            return #expect(throws: ToolstackError.self) { try Self.connect(46, Self.interface()) }
        }
        #expect(error?.description.contains("vif46.0 in bridge xenbr0") == true)
        #expect(error?.description.contains("/etc/xen/scripts/vif-bridge failed too") == true)
        #expect(try Self.store()["/local/domain/0/backend/vif/46/0/hotplug-status"] != "connected")
    }
}
