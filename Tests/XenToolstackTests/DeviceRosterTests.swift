import Testing

@testable import XenToolstack

struct DeviceRosterTests {
    private let before = DeviceRoster(interfaces: ["0", "1"], disks: ["51712"])

    @Test
    func theOrderOfTheStoreIsNoChange() {
        #expect(before.change(to: DeviceRoster(interfaces: ["1", "0"], disks: ["51712"])) == nil)
    }

    @Test
    func anAttachedInterfaceIsNamed() {
        let now = DeviceRoster(interfaces: ["0", "1", "2"], disks: ["51712"])
        #expect(before.change(to: now) == "network interface 2 was attached")
    }

    @Test
    func whatCameAndWhatWentAreBothNamed() {
        let now = DeviceRoster(interfaces: ["0"], disks: ["51728"])
        #expect(
            before.change(to: now)
                == "network interface 1 was detached, disk 51728 was attached, disk 51712 was detached")
    }
}

struct NetworkInterfaceTests {
    /// The driver lets the guest in when the script has said that it is done; without a script it waits for nobody.
    @Test(
        arguments: [
            ("/etc/xen/scripts/vif-bridge", "", true), ("/etc/xen/scripts/vif-bridge", "connected", false),
            ("/etc/xen/scripts/vif-bridge", "error", false), (nil, "", false),
        ] as [(String?, String, Bool)])
    func itIsBeingConnectedWhileItsScriptIsAtWork(_ script: String?, _ status: String, _ expected: Bool) {
        let interface = GuestFacts.NetworkInterface(
            index: 1, hardwareAddress: "00:16:3e:77:00:51", bridge: "xenbr0", script: script, backend: .control,
            hostInterface: "vif3.1", hotplugStatus: status)
        #expect(interface.isBeingConnected == expected)
    }
}
