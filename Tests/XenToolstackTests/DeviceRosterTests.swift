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
