import Testing

@testable import OutputBuffer

@Suite struct BufferDeviceNameTests {
    @Test(arguments: [
        ("vif3.0", "rc3.0"), ("vif32751.15", "rc32751.15"), ("vif1.99999999", "rc1.99999999"),
    ])
    func takesOverTheNumbersOfXensNames(interface: String, device: String) {
        #expect(BufferDeviceName.of(interface: interface, index: 7) == device)
    }

    @Test(arguments: [
        "web-frontend-01", "vif3.0-emu", "vif", "vif3", "vif3.", "vif.0", "vif3.0.1", "vif3.x", "vethA", "",
    ])
    func standsTheIndexInForOtherNames(interface: String) {
        #expect(BufferDeviceName.of(interface: interface, index: 17) == "rci17")
    }

    @Test(arguments: ["vif3.0", "vif12345.12345678", "a-name-of-15-ch", "x"])
    func fitsTheKernelsLimitAndIsKnownAgain(interface: String) {
        let name = BufferDeviceName.of(interface: interface, index: .max)
        #expect(name.utf8.count <= BufferDeviceName.longest)
        #expect(BufferDeviceName.isOurs(name))
    }

    @Test(arguments: [
        "rc", "rci", "rc3", "rc3.", "rc.3", "rcix", "rci1x", "ifb0", "eth0", "rc-3.0", "rc3.0.0", "xrc3.0",
    ])
    func leavesForeignNamesAlone(name: String) {
        #expect(!BufferDeviceName.isOurs(name))
    }
}
