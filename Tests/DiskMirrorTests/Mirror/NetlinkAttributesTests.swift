import Testing

@testable import DiskMirror

@Suite struct NetlinkAttributesTests {
    private static func written(_ body: (inout NetlinkAttributeWriter) -> Void) throws -> NetlinkAttributes {
        var writer = NetlinkAttributeWriter()
        body(&writer)
        return try NetlinkAttributes(writer.bytes[...])
    }

    @Test func whatIsWrittenIsRead() throws {
        let attributes = try Self.written {
            $0.add(1, "r0")
            $0.add(7, 0xDEAD_BEEF)
            $0.add(9, flag: true)
            $0.add(12) { $0.add(DRBDInterface.force | DRBDInterface.mandatory, flag: true) }
        }
        #expect(attributes.text(1) == "r0")
        #expect(attributes.number32(7) == 0xDEAD_BEEF)
        #expect(attributes.flag(9))
        #expect(!attributes.flag(10))
        #expect(try attributes.nest(12).flag(1))
        #expect(attributes.number64(7) == nil)
        #expect(attributes.number32(2) == nil)
    }

    @Test func anAttributeIsPaddedToFourBytes() {
        var writer = NetlinkAttributeWriter()
        writer.add(1, "r0")
        #expect(writer.bytes == [7, 0, 1, 0, 0x72, 0x30, 0, 0])
    }

    @Test func aNestSaysThatItIsOne() {
        var writer = NetlinkAttributeWriter()
        writer.add(3) { $0.add(7 | DRBDInterface.mandatory, 2) }
        #expect(writer.bytes == [12, 0, 3, 0x80, 8, 0, 7, 0x40, 2, 0, 0, 0])
    }

    @Test(arguments: [[3, 0, 1, 0], [200, 0, 1, 0, 5], [0, 0, 0, 0], [8, 0, 1, 0, 5, 5, 5]] as [[UInt8]])
    func aLengthThatCannotBeIsRefused(bytes: [UInt8]) {
        #expect(throws: MalformedMessage.self) { _ = try NetlinkAttributes(bytes[...]) }
    }

    @Test func aRequestHasTheKernelsThreeHeaders() {
        let request = MirrorMessage.request(
            DRBDInterface.Command.resumeIO, family: 0x1C, sequence: 5, dump: false, minor: 3, attributes: [])
        #expect(
            request == [
                28, 0, 0, 0, 0x1C, 0, 1, 0, 5, 0, 0, 0, 0, 0, 0, 0, 24, 1, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0,
            ])
    }

    @Test func aDamagedDatagramNeverTraps() throws {
        let datagrams = try Recording("status-syncing").datagrams + (try Recording("peer-lost-and-back")).datagrams
        let family = try Recording("status-syncing").family
        for datagram in datagrams {
            for length in 0..<datagram.count { Self.read(Array(datagram.prefix(length)), family: family) }
            for position in datagram.indices {
                var damaged = datagram
                damaged[position] ^= 0xFF
                Self.read(damaged, family: family)
            }
        }
    }

    private static func read(_ datagram: [UInt8], family: UInt16) {
        guard let messages = try? MirrorMessage.all(in: datagram, family: family) else { return }
        for case .content(let content) in messages {
            _ = try? MirrorEvent(content)
            _ = try? MirrorStatus(content)
            _ = try? MirrorAnswer(content)
        }
    }
}
