import Testing

@testable import XenToolstack

/// Which devices are connected without a script: those alone for which the stock script would do nothing else.
@Suite struct DirectDevicesTests {
    private static let site = HotplugSite(
        plainBridges: ["xenbr0", "lan"], blockDevices: ["/dev/drbd0", "/dev/vg/data"])

    private func devices(
        type: String = "pvh", nics: String = "", disks: String = "", on site: HotplugSite = site
    ) throws -> DirectDevices {
        let text = #"{"c_info": {"type": "\#(type)"}, "nics": [\#(nics)], "disks": [\#(disks)]}"#
        return DirectDevices(of: try #require(JSONValue.parse(text)), on: site)
    }

    /// An interface as libxl describes it, with more members.
    private static func nic(_ more: String = "", bridge: String = #""bridge": "xenbr0","#) -> String {
        #"{"devid": 0, \#(more) \#(bridge) "mac": "00:16:3e:77:00:32", "nictype": "vif"}"#
    }

    /// A disk as libxl describes it, with more members.
    private static func disk(
        _ more: String = "", path: String = "/dev/drbd0", format: String = #""format": "raw","#
    ) -> String {
        #"{"pdev_path": "\#(path)", \#(format) \#(more) "vdev": "xvda", "readwrite": 1}"#
    }

    @Test func takesAnInterfaceInAPlainBridge() throws {
        let devices = try devices(nics: Self.nic())
        #expect(devices.interfaces == [.init(place: 0, number: 0, givenName: nil, bridge: "xenbr0")])
        #expect(devices.disks.isEmpty && devices.coverAllDisks)
    }

    @Test func takesABlockDevice() throws {
        let devices = try devices(disks: Self.disk())
        #expect(devices.disks == [.init(place: 0, target: "xvda", path: "/dev/drbd0", isWritable: true)])
        #expect(devices.coverAllDisks)
    }

    @Test(arguments: [
        #""script": "vif-bridge","#, #""script": "/etc/xen/scripts/vif-bridge","#, #""ifname": "","#, #""ip": "","#,
        #""backend_domid": 0,"#, #""backend_domname": "","#,
    ])
    func takesAnInterfaceWithWhatIsTheDefault(more: String) throws {
        #expect(try devices(nics: Self.nic(more)).interfaces.count == 1)
    }

    @Test func takesTheNameThatAnInterfaceShallHave() throws {
        #expect(try devices(nics: Self.nic(#""ifname": "web0","#)).interfaces.first?.givenName == "web0")
    }

    @Test func takesXensDefaultBridge() throws {
        #expect(try devices(nics: Self.nic(bridge: "")).interfaces.first?.bridge == "xenbr0")
    }

    @Test(arguments: [
        // The guest's own script, also when it is called like the stock one.
        #""script": "vif-route","#, #""script": "/usr/local/bin/vif-bridge","#, #""script": "/bin/true","#,
        #""script": "","#,
        // Addresses to which the packet filter holds the guest.
        #""ip": "192.0.2.1","#,
        // A host end in another domain.
        #""backend_domid": 3,"#, #""backend_domname": "driver","#,
        #""coloft_forwarddev": "eth1","#, #""devid": -1,"#,
    ])
    func leavesAnInterfaceForWhichThereIsMoreToDo(more: String) throws {
        #expect(try devices(nics: Self.nic(more)).interfaces.isEmpty)
    }

    @Test func leavesAnInterfaceWhoseBridgeIsNotThereOrIsFiltered() throws {
        #expect(try devices(nics: Self.nic(bridge: #""bridge": "other","#)).interfaces.isEmpty)
    }

    @Test func leavesInterfacesWhereTheAdministratorHasHooks() throws {
        var site = Self.site
        site.hasInterfaceHooks = true
        let devices = try devices(nics: Self.nic(), disks: Self.disk(), on: site)
        #expect(devices.interfaces.isEmpty && devices.disks.count == 1)
    }

    @Test(arguments: [
        #""script": "block","#, #""script": "/etc/xen/scripts/block","#, #""backend": "phy","#,
        #""backend": "unknown","#, #""specification": "xen","#, #""is_cdrom": 0,"#, #""colo_enable": "False","#,
        #""backend_domid": 0,"#, #""removable": 1,"#,
    ])
    func takesADiskWithWhatIsTheDefault(more: String) throws {
        #expect(try devices(disks: Self.disk(more)).disks.count == 1)
    }

    @Test(arguments: [
        disk(#""script": "block-drbd","#), disk(#""script": "block-iscsi","#), disk(#""backend": "qdisk","#),
        disk(#""specification": "virtio","#), disk(#""is_cdrom": 1,"#), disk(#""colo_enable": "True","#),
        disk(#""backend_domid": 2,"#), disk(#""backend_domname": "storage","#),
        disk(format: #""format": "qcow2","#), disk(format: ""),
        // A file, for which there has to be a loop device; and a name that only the script completes.
        disk(path: "/srv/guest.img"), disk(path: "drbd0"),
    ])
    func leavesADiskForWhichThereIsMoreToDo(text: String) throws {
        let devices = try devices(disks: "\(text), \(Self.disk(path: "/dev/vg/data"))")
        #expect(devices.disks.map(\.place) == [1])
        // Then something may open a disk as soon as libxl finishes the domain.
        #expect(!devices.coverAllDisks)
    }

    @Test func tellsDisksThatAreOnlyRead() throws {
        let text = Self.disk().replacing(#""readwrite": 1"#, with: #""readwrite": 0"#)
        #expect(try devices(disks: text).disks.first?.isWritable == false)
    }

    /// A device model opens disks itself, and has interfaces of its own.
    @Test func leavesEverythingOfAGuestWithADeviceModel() throws {
        #expect(try devices(type: "hvm", nics: Self.nic(), disks: Self.disk()) == .none)
        #expect(!DirectDevices.none.coverAllDisks)
    }

    @Test func namesWhatIsToBeLookedFor() throws {
        let text = #"{"nics": [{}, {"bridge": "lan"}], "disks": [{"pdev_path": "/dev/drbd0"}, {"vdev": "hdc"}]}"#
        let candidates = DirectDevices.candidates(in: try #require(JSONValue.parse(text)))
        #expect(candidates.bridges == ["xenbr0", "lan"] && candidates.paths == ["/dev/drbd0"])
    }
}
