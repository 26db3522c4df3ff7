import Testing

@testable import Heartbeat

@Suite struct LearnedAddressTests {
    private let mac = MACAddress(rawValue: 0x0016_3e01_0203)
    private let four = IPv4Address(rawValue: 0xc0a8_0a4d)
    private let six = IPv6Address(high: 0xfe80_0000_0000_0000, low: 0x0216_3eff_fe01_0203)

    private func learn(_ frame: [UInt8], from mac: MACAddress? = nil) -> LearnedAddress? {
        LearnedAddress.learn(frame.span.bytes, from: mac ?? self.mac)
    }

    /// A neighbour or router message of the guest, with a body that starts with four zero bytes.
    private func discovery(_ type: UInt8, source: IPv6Address, target: IPv6Address?) -> [UInt8] {
        var frame = FrameWriter(to: MACAddress(rawValue: 0x3333_0000_0001), from: mac, type: 0x86dd)
        frame.put(UInt32(0x6000_0000))
        frame.put(UInt16(target == nil ? 8 : 24))
        frame.put(UInt8(58))
        frame.put(UInt8(255))
        frame.put(source)
        frame.put(IPv6Address.allNodes)
        frame.put(type)
        frame.put(UInt8(0))
        frame.put(UInt16(0))
        frame.put(UInt32(0))
        if let target { frame.put(target) }
        return frame.bytes
    }

    @Test func learnsTheSenderOfARP() {
        #expect(learn(AnnouncementFrames.addressRequest(mac, four)) == .ipv4(four))
        #expect(learn(AnnouncementFrames.addressReply(mac, four)) == .ipv4(four))
    }

    @Test func learnsFromNeighbourDiscovery() {
        let other = IPv6Address(high: 0x2001_0db8_0000_0000, low: 9)
        let none = IPv6Address(high: 0, low: 0)
        #expect(learn(discovery(135, source: six, target: other)) == .ipv6(six, isRouter: false))
        #expect(learn(discovery(135, source: none, target: other)) == .ipv6(other, isRouter: false))
        #expect(learn(discovery(136, source: six, target: other)) == .ipv6(other, isRouter: false))
        #expect(learn(discovery(133, source: six, target: nil)) == .ipv6(six, isRouter: false))
        #expect(learn(discovery(134, source: six, target: nil)) == .ipv6(six, isRouter: true))
        #expect(learn(discovery(133, source: none, target: nil)) == nil)
        #expect(learn(discovery(137, source: six, target: other)) == nil)
    }

    @Test func learnsARouterFromItsAdvertisement() {
        let frame = AnnouncementFrames.neighbourAdvertisement(mac, six, isRouter: true)
        #expect(learn(frame) == .ipv6(six, isRouter: true))
    }

    @Test func learnsNothingFromAnotherSource() {
        let other = MACAddress(rawValue: 0x0016_3eff_ffff)
        #expect(learn(AnnouncementFrames.addressRequest(mac, four), from: other) == nil)
        #expect(learn(AnnouncementFrames.neighbourAdvertisement(mac, six, isRouter: false), from: other) == nil)
    }

    @Test func learnsNothingFromAnARPSenderThatIsNotTheSource() {
        var frame = AnnouncementFrames.addressReply(mac, four)
        frame[27] ^= 1
        #expect(learn(frame) == nil)
    }

    @Test(arguments: [0, 0x7f00_0001, 0xe000_00fb, 0xffff_ffff] as [UInt32])
    func ignoresIPv4AddressesThatNoHostHas(address: UInt32) {
        #expect(learn(AnnouncementFrames.addressRequest(mac, IPv4Address(rawValue: address))) == nil)
    }

    @Test(arguments: [
        IPv6Address(high: 0, low: 0), IPv6Address(high: 0, low: 1), .allNodes,
        IPv6Address(high: 0, low: 0xffff_0a00_0001),
    ])
    func ignoresIPv6AddressesThatNoHostHas(address: IPv6Address) {
        #expect(learn(discovery(136, source: six, target: address)) == nil)
    }

    @Test(arguments: [
        (14, 0x00), (15, 0x06), (16, 0x86), (18, 0x08), (19, 0x10), (21, 0x03), (12, 0x88),
    ])
    func refusesARPOfAnotherForm(offset: Int, value: UInt8) {
        var frame = AnnouncementFrames.addressReply(mac, four)
        let before = learn(frame)
        frame[offset] = frame[offset] == value ? value ^ 0xff : value
        #expect(before == .ipv4(four))
        #expect(offset == 14 || learn(frame) == nil)
    }

    @Test func refusesAForwardedMessage() {
        var frame = AnnouncementFrames.neighbourAdvertisement(mac, six, isRouter: false)
        frame[21] = 254
        #expect(learn(frame) == nil)
    }

    @Test func refusesAMessageWhoseLengthLeavesNoRoomForItsTarget() {
        var frame = AnnouncementFrames.neighbourAdvertisement(mac, six, isRouter: false)
        frame[19] = 23
        #expect(learn(frame) == nil)
    }

    @Test func readsNothingBeyondATruncatedFrame() {
        let frames = [
            (AnnouncementFrames.addressRequest(mac, four), 32),
            (AnnouncementFrames.neighbourAdvertisement(mac, six, isRouter: false), 78),
        ]
        for (frame, needed) in frames {
            for length in 0..<needed { #expect(learn(Array(frame.prefix(length))) == nil) }
            #expect(learn(Array(frame.prefix(needed))) != nil)
            #expect(needed <= LearnedAddress.wantedBytes)
        }
    }

    @Test func noBytesMakeItTrap() {
        var generator = SystemRandomNumberGenerator()
        var template = AnnouncementFrames.neighbourAdvertisement(mac, six, isRouter: false)
        for _ in 0..<20_000 {
            let place = Int.random(in: 12..<template.count, using: &generator)
            template[place] = .random(in: 0...255, using: &generator)
            _ = learn(Array(template.prefix(.random(in: 0...template.count, using: &generator))))
        }
    }
}
