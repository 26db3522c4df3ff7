internal import GuestSupport
internal import Testing

@Suite struct SocketAddressTests {
    @Test(arguments: [("10.77.0.50", "10.77.0.50:7000"), ("fd77::50", "[fd77::50]:7000")])
    func readsNumericAddresses(text: String, description: String) throws {
        let address = try #require(SocketAddress(numeric: text, port: 7000))
        #expect(address.description == description)
        #expect(address.port == 7000)
    }

    @Test(arguments: ["localhost", "", "10.77.0", "fd77::50%eth0"])
    func refusesEverythingElse(text: String) {
        #expect(SocketAddress(numeric: text, port: 7000) == nil)
    }
}
