import ReplicaModel
import Testing

@testable import XenToolstack

@Suite struct DomainConfigurationTests {
    /// What libxl 4.17 prints for a PVH guest, with members to be put in.
    private func json(creation: String = "", build: String = "", root: String = "") -> String {
        """
        {
            "c_info": {
                "type": "pvh",
                "name": "guest",
                "domid": 4294967295,
                "uuid": "326fe664-a0ff-40ed-88b5-401e19a68b1d",\(creation)
                "run_hotplug_scripts": "True"
            },
            "b_info": {
                "max_vcpus": 2,
                "avail_vcpus": [ 0, 1 ],
                "max_memkb": 262144,
                "target_memkb": 131072,\(build)
                "type.pvh": {

                }
            },\(root)
            "nics": [ { "devid": 0, "mac": "00:16:3e:77:00:32", "bridge": "xenbr0", "nictype": "vif" } ],
            "on_reboot": "restart"
        }
        """
    }

    @Test func readsWhatLibxlPrints() throws {
        let text = json()
        let configuration = try DomainConfiguration(json: text)
        #expect(configuration.json == text)
        #expect(configuration.name == "guest")
        #expect(configuration.identity == DomainIdentity("326fe664-a0ff-40ed-88b5-401e19a68b1d"))
        #expect(configuration.type == .pvh)
        #expect(configuration.maximumMemoryKiB == 262_144)
        #expect(configuration.targetMemoryKiB == 131_072)
        #expect(configuration.maximumVirtualProcessors == 2)
        #expect(!configuration.usesVirtualNUMA)
        #expect(configuration.passthroughDevices.isEmpty)
        #expect(configuration.lifecycle == LifecycleActions(onReboot: .restart))
        #expect(configuration.bootFiles.isEmpty)
    }

    @Test func namesTheFilesThatAStartNeeds() throws {
        let files = #" "kernel": "/boot/none/vmlinuz", "ramdisk": "/dev/null", "cmdline": "quiet","#
        let configuration = try DomainConfiguration(json: json(build: files))
        #expect(configuration.bootFiles == ["/boot/none/vmlinuz", "/dev/null"])
        #expect(configuration.missingBootFiles == ["/boot/none/vmlinuz"])
    }

    @Test func namesPassedThroughDevices() throws {
        let devices = #""pcidevs": [ { "domain": 0, "bus": 10, "dev": 31, "func": 1 }, {} ], "usbctrls": [ {} ],"#
        let configuration = try DomainConfiguration(json: json(root: devices))
        #expect(configuration.passthroughDevices == ["PCI 0000:0a:1f.1", "PCI 0000:00:00.0", "USB controller"])
    }

    @Test func noticesVirtualNUMA() throws {
        let nodes = #""vnuma_nodes": [ { "memkb": 131072 }, { "memkb": 131072 } ],"#
        #expect(try DomainConfiguration(json: json(build: nodes)).usesVirtualNUMA)
    }

    @Test(arguments: [
        ("\"name\": \"guest\",", "c_info.name"), ("\"uuid\": \"326fe664-a0ff-40ed-88b5-401e19a68b1d\",", "c_info.uuid"),
        ("\"type\": \"pvh\",", "c_info.type"), ("\"max_memkb\": 262144,", "b_info.max_memkb"),
    ])
    func saysWhatIsMissing(member: String, name: String) throws {
        let text = json()
        let range = try #require(text.firstRange(of: member))
        let error = #expect(throws: ToolstackError.self) {
            try DomainConfiguration(json: text.replacingCharacters(in: range))
        }
        #expect(error?.description.contains(name) == true)
    }

    @Test func refusesWhatIsNotJSON() {
        #expect(throws: ToolstackError.malformedConfiguration("it is not JSON")) {
            try DomainConfiguration(json: "libxl: error")
        }
    }

    @Test func takesTheMaximumForAMissingTarget() throws {
        let text = json()
        let range = try #require(text.firstRange(of: "\"target_memkb\": 131072,"))
        let configuration = try DomainConfiguration(json: text.replacingCharacters(in: range))
        #expect(configuration.targetMemoryKiB == 262_144)
    }
}

extension String {
    /// The text without a piece of it.
    fileprivate func replacingCharacters(in range: Range<Index>) -> String {
        String(self[..<range.lowerBound] + self[range.upperBound...])
    }

    /// Where a piece of text is first.
    fileprivate func firstRange(of piece: String) -> Range<Index>? { ranges(of: piece).first }
}
