import Testing

@testable import Heartbeat

/// The frames byte by byte, against the layouts of RFC 826, 903, 4861 and 8200.
@Suite struct AnnouncementFramesTests {
    private let mac = MACAddress(rawValue: 0x0016_3e01_0203)
    private let four = IPv4Address(rawValue: 0xc0a8_0a4d)
    private let six = IPv6Address(high: 0xfe80_0000_0000_0000, low: 0x0216_3eff_fe01_0203)

    private func resolution(type: [UInt8], operation: UInt8, address: [UInt8], target: [UInt8]) -> [UInt8] {
        let mac: [UInt8] = [0x00, 0x16, 0x3e, 0x01, 0x02, 0x03]
        return [0xff, 0xff, 0xff, 0xff, 0xff, 0xff] + mac + type
            + [0x00, 0x01, 0x08, 0x00, 0x06, 0x04, 0x00, operation] + mac + address + target + address
            + Array(repeating: 0, count: 18)
    }

    @Test func requestFormAsksForItsOwnAddress() {
        let expected = resolution(
            type: [0x08, 0x06], operation: 1, address: [192, 168, 10, 77], target: [0, 0, 0, 0, 0, 0])
        #expect(AnnouncementFrames.addressRequest(mac, four) == expected)
        #expect(expected.count == 60)
    }

    @Test func replyFormAnswersItself() {
        let expected = resolution(
            type: [0x08, 0x06], operation: 2, address: [192, 168, 10, 77],
            target: [0x00, 0x16, 0x3e, 0x01, 0x02, 0x03])
        #expect(AnnouncementFrames.addressReply(mac, four) == expected)
    }

    @Test func reverseRequestCarriesNoProtocolAddress() {
        let expected = resolution(
            type: [0x80, 0x35], operation: 3, address: [0, 0, 0, 0], target: [0x00, 0x16, 0x3e, 0x01, 0x02, 0x03])
        #expect(AnnouncementFrames.reverseRequest(mac) == expected)
    }

    @Test func advertisementOverridesWhatNeighboursKnow() {
        let address: [UInt8] = [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0x02, 0x16, 0x3e, 0xff, 0xfe, 0x01, 0x02, 0x03]
        let expected: [UInt8] =
            [0x33, 0x33, 0x00, 0x00, 0x00, 0x01, 0x00, 0x16, 0x3e, 0x01, 0x02, 0x03, 0x86, 0xdd]
            + [0x60, 0x00, 0x00, 0x00, 0x00, 0x20, 0x3a, 0xff] + address
            + [0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01]
            + [0x88, 0x00, 0x97, 0x4f, 0x20, 0x00, 0x00, 0x00] + address
            + [0x02, 0x01, 0x00, 0x16, 0x3e, 0x01, 0x02, 0x03]
        #expect(AnnouncementFrames.neighbourAdvertisement(mac, six, isRouter: false) == expected)
    }

    @Test func advertisementKeepsARouterARouter() {
        let frame = AnnouncementFrames.neighbourAdvertisement(mac, six, isRouter: true)
        #expect(Array(frame[58..<62]) == [0xa0, 0x00, 0x00, 0x00])
    }

    @Test(arguments: [false, true])
    func aReceiversSumOverTheAdvertisementIsZero(isRouter: Bool) {
        for _ in 0..<100 {
            let address = IPv6Address(high: .random(in: 1...UInt64.max), low: .random(in: 0...UInt64.max))
            let frame = AnnouncementFrames.neighbourAdvertisement(mac, address, isRouter: isRouter)
            #expect(frame.count == 86)
            #expect(AnnouncementFrames.checksum(frame[54...], source: address, destination: .allNodes) == 0)
        }
    }

    @Test func checksumCountsAnOddLastByteAsHigh() {
        let none = IPv6Address(high: 0, low: 0)
        let sum: UInt16 = 0x1234 + 0x5600 + 3 + 58
        #expect(AnnouncementFrames.checksum([0x12, 0x34, 0x56], source: none, destination: none) == ~sum)
    }

    @Test func aRoundAnnouncesEveryAddressOnce() {
        let guest = GuestAddresses(mac: mac, ipv4: [four, IPv4Address(rawValue: 0x0a00_0001)], ipv6: [six])
        #expect(
            AnnouncementFrames.round(for: guest) == [
                AnnouncementFrames.addressRequest(mac, four), AnnouncementFrames.addressReply(mac, four),
                AnnouncementFrames.addressRequest(mac, IPv4Address(rawValue: 0x0a00_0001)),
                AnnouncementFrames.addressReply(mac, IPv4Address(rawValue: 0x0a00_0001)),
                AnnouncementFrames.neighbourAdvertisement(mac, six, isRouter: false),
            ])
    }

    @Test func anInterfaceWithoutAddressMovesInTheSwitchesTables() {
        #expect(AnnouncementFrames.round(for: GuestAddresses(mac: mac)) == [AnnouncementFrames.reverseRequest(mac)])
    }

    @Test func addressesThatNoHostCanHaveAreNotAnnounced() {
        let guest = GuestAddresses(
            mac: mac,
            ipv4: [0, 0x7f00_0001, 0xe000_0001, 0xffff_ffff].map { IPv4Address(rawValue: $0) },
            ipv6: [.allNodes, IPv6Address(high: 0, low: 0), IPv6Address(high: 0, low: 1)])
        #expect(AnnouncementFrames.round(for: guest) == [AnnouncementFrames.reverseRequest(mac)])
    }

    @Test func aRoundIsBounded() {
        let guest = GuestAddresses(
            mac: mac, ipv4: (0..<1000).map { IPv4Address(rawValue: 0x0a00_0001 + $0) },
            ipv6: (0..<1000).map { IPv6Address(high: 0x2001_0db8 << 32, low: $0) })
        #expect(AnnouncementFrames.round(for: guest).count == 3 * GuestAddresses.most)
    }
}
