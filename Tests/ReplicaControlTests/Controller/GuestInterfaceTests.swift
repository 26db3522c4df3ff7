import CheckpointStream
import Heartbeat
import Testing

@testable import ReplicaControl

/// A guest's addresses on their way from the primary's learner over the wire to the backup's announcements.
@Suite struct GuestInterfaceTests {
    private let addresses: GuestAddresses

    init() throws {
        addresses = GuestAddresses(
            mac: try #require(MACAddress("00:16:3e:12:34:56")),
            ipv4: [try #require(IPv4Address("192.0.2.17")), try #require(IPv4Address("255.254.253.252"))],
            ipv6: [try #require(IPv6Address("2001:db8::ff")), try #require(IPv6Address("fe80::216:3eff:fe12:3456"))])
    }

    @Test func goesOverTheWireInNetworkOrder() {
        let interface = GuestInterface(addresses)
        #expect(interface.hardwareAddress == [0, 0x16, 0x3e, 0x12, 0x34, 0x56])
        #expect(interface.ipv4 == [[192, 0, 2, 17], [255, 254, 253, 252]])
        #expect(interface.ipv6.first == [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff])
        #expect(interface.ipv6.last == [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 2, 0x16, 0x3e, 0xff, 0xfe, 0x12, 0x34, 0x56])
    }

    @Test func comesBackAsItWas() throws {
        #expect(GuestInterface(addresses).announced == addresses)
        let bytes = try Message.addresses([GuestInterface(addresses)]).encode()
        let decoded = try bytes.withUnsafeBytes { try Message.decode(.addresses, $0) }
        guard case .addresses(let interfaces) = decoded else {
            Issue.record("another message came out")
            return
        }
        #expect(interfaces.map(\.announced) == [addresses])
    }

    @Test func anInterfaceWithoutAddressesIsStillAnnounced() {
        let bare = GuestAddresses(mac: addresses.mac)
        #expect(GuestInterface(bare).announced == bare)
    }

    @Test func whatIsNoAddressOfItsFamilyIsLeftOut() {
        let interface = GuestInterface(
            hardwareAddress: [0, 0x16, 0x3e, 0x12, 0x34, 0x56],
            ipv4: [[], [1, 2, 3], [192, 0, 2, 17], [1, 2, 3, 4, 5]],
            ipv6: [[UInt8](repeating: 1, count: 15), [UInt8](repeating: 1, count: 17)])
        #expect(interface.announced.ipv4 == [addresses.ipv4[0]])
        #expect(interface.announced.ipv6 == [])
    }
}
