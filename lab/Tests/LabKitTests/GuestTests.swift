import Testing

@testable import LabKit

@Suite struct GuestTests {
    @Test func numberGivesAllAddresses() {
        let guest = Guest(name: "alpha", number: 50)
        #expect(guest.address == "10.77.0.50")
        #expect(guest.address6 == "fd77::50")
        #expect(guest.macAddress == "00:16:3e:77:00:32")
    }

    @Test(arguments: GuestType.allCases)
    func configurationHasOnlyTheVirtualInterface(type: GuestType) {
        var specification = GuestSpecification(name: "alpha")
        specification.type = type
        specification.disks = ["phy:/dev/vdb,xvda,w"]
        let text = Lab.configuration(specification, guest: Guest(name: "alpha", number: 51))
        #expect(text.contains("type = '\(type.rawValue)'\n"))
        #expect(text.contains("vif = [ 'bridge=xenbr0,mac=00:16:3e:77:00:33,type=vif' ]\n"))
        #expect(text.contains("disk = [ 'phy:/dev/vdb,xvda,w' ]\n"))
        #expect(text.contains("replica.ip4=10.77.0.51/24 replica.ip6=fd77::51/64"))
        #expect(text.contains("vga = 'none'") == (type == .hvm))
    }
}
