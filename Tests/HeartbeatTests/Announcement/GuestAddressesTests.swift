import Testing

@testable import Heartbeat

@Suite struct GuestAddressesTests {
    private let mac = MACAddress(rawValue: 0x0016_3e01_0203)

    private func four(_ number: UInt32) -> IPv4Address { IPv4Address(rawValue: 0x0a00_0000 + number) }

    private func six(_ number: UInt64) -> IPv6Address { IPv6Address(high: 0x2001_0db8_0000_0000, low: number) }

    @Test func theNewestComesFirstAndOnlyOnce() {
        var guest = GuestAddresses(mac: mac)
        for number in [1, 2, 3, 1] as [UInt32] { guest.note(.ipv4(four(number))) }
        #expect(guest.ipv4 == [four(1), four(3), four(2)])
    }

    @Test func keepsTheNewestUpToTheBound() {
        var guest = GuestAddresses(mac: mac)
        for number in 1...100 as ClosedRange<UInt32> { guest.note(.ipv4(four(number))) }
        #expect(guest.ipv4 == (85...100).reversed().map { four($0) })
    }

    @Test func aFloodOfOneFamilyLeavesTheOtherAlone() {
        var guest = GuestAddresses(mac: mac)
        guest.note(.ipv4(four(1)))
        for number in 1...100 as ClosedRange<UInt64> { guest.note(.ipv6(six(number), isRouter: false)) }
        #expect(guest.ipv4 == [four(1)])
        #expect(guest.ipv6 == (86...100).reversed().map { six($0) })
        #expect(guest.ipv4.count + guest.ipv6.count == GuestAddresses.most)
    }

    @Test func onceARouterAlwaysARouter() {
        var guest = GuestAddresses(mac: mac)
        guest.note(.ipv6(six(1), isRouter: true))
        guest.note(.ipv6(six(1), isRouter: false))
        #expect(guest.isRouter)
    }

    @Test func readsAndWritesEthernetAddresses() {
        #expect(MACAddress("00:16:3e:01:02:03") == mac)
        #expect(MACAddress("00:16:3E:01:02:03")?.description == "00:16:3e:01:02:03")
        for wrong in [
            "", "00:16:3e:01:02", "00:16:3e:01:02:03:04", "0:16:3e:01:02:03", "00:16:3e:01:02:0g", "+1:16:3e:01:02:03",
        ] {
            #expect(MACAddress(wrong) == nil)
        }
    }

    @Test func writesAddressesOfBothFamilies() {
        #expect(four(77).description == "10.0.0.77")
        #expect(six(0x1f).description == "2001:db8:0:0:0:0:0:1f")
    }
}
