import ReplicaModel
import Testing

@testable import Heartbeat

@Suite struct HeartbeatDatagramTests {
    private let full = HeartbeatDatagram(
        hostName: makeHostName("host-1.lab"), network: .replication, session: 0x0102_0304_0506_0708,
        sequence: 0x1112_1314_1516_1718, sendTime: MonotonicTime(nanoseconds: 0x2122_2324_2526_2728),
        echo: Echo(
            session: 0x3132_3334_3536_3738, sendTime: MonotonicTime(nanoseconds: 0x4142_4344_4546_4748),
            heldMicroseconds: 0x5152_5354),
        flags: [.controllerConnected, .claimsStale], carriers: NetworkCarriers(lan: true, replication: false),
        claims: claims(claim(.armed, generation: 0x6162, epoch: 0x7172_7374)))

    @Test func layoutIsTheDocumentedOne() {
        let header: [UInt8] = [
            0x52, 0x48, 0x42, 0x44, 1, 2, 168, 0,  // magic, version, network, length
            0, 0, 0, 0, 5, 0, 0b0110, 1,  // checksum (below), flags, carriers, claim count
            8, 7, 6, 5, 4, 3, 2, 1,  // session
            0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11,  // sequence
            0x28, 0x27, 0x26, 0x25, 0x24, 0x23, 0x22, 0x21,  // send time
            0x38, 0x37, 0x36, 0x35, 0x34, 0x33, 0x32, 0x31,  // echo: session
            0x48, 0x47, 0x46, 0x45, 0x44, 0x43, 0x42, 0x41,  // echo: send time
            0x54, 0x53, 0x52, 0x51, 10, 0, 0, 0,  // echo: held, name length, tag length, reserved
        ]
        let name = Array("host-1.lab".utf8) + [UInt8](repeating: 0, count: 54)
        let claim: [UInt8] = [
            0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88,
            0x62, 0x61, 0, 0, 0, 0, 0, 0, 0x74, 0x73, 0x72, 0x71, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0,
        ]
        var expected = header + name + claim
        expected.replaceSubrange(8..<12, with: littleEndian(bitwiseCRC32C(expected)))
        #expect(full.bytes == expected)
    }

    @Test func checksumIsCRC32C() {
        // The check value of the CRC catalogue for "123456789".
        #expect(bitwiseCRC32C(Array("123456789".utf8)) == 0xE306_9283)
    }

    @Test func fullListFitsAndComesBack() throws {
        var list = ClaimList()
        for number in 0..<UInt64(HeartbeatLimits.claims) {
            let role = ClaimRole.allCases[Int(number) % ClaimRole.allCases.count]
            let appended = list.append(claim(role, epoch: number, domain: DomainIdentity(high: number, low: 1)))
            #expect(appended)
        }
        let overflow = list.append(claim(.armed, domain: DomainIdentity(high: 77, low: 77)))
        #expect(!overflow)
        var datagram = full
        datagram.claims = list
        datagram.hostName = try #require(HostName(String(repeating: "h", count: HeartbeatLimits.hostName)))
        #expect(datagram.encodedLength == HeartbeatLimits.datagram)
        #expect(HeartbeatDatagram.decoded(datagram.bytes) == .success(datagram))
    }

    @Test func datagramWithoutEchoAndClaimsComesBack() {
        let datagram = peerDatagram(sequence: 1)
        #expect(HeartbeatDatagram.decoded(datagram.bytes) == .success(datagram))
    }

    @Test func everyTruncationAndExtensionIsRefused() {
        let bytes = full.bytes
        for length in bytes.indices { #expect(throws: DatagramRefusal.self) { try decode(Array(bytes[..<length])) } }
        #expect(HeartbeatDatagram.decoded(bytes + [0]) == .failure(.length))
        let long = bytes + [UInt8](repeating: 0, count: HeartbeatLimits.datagram)
        #expect(HeartbeatDatagram.decoded(long) == .failure(.length))
    }

    @Test func everyFlippedBitIsRefused() {
        let bytes = full.bytes
        for bit in 0..<bytes.count * 8 {
            var flipped = bytes
            flipped[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: DatagramRefusal.self) { try decode(flipped) }
        }
    }

    @Test(
        arguments: [
            (0, 0, DatagramRefusal.magic), (4, 2, .version), (6, 167, .length), (15, 2, .length), (8, 0, .checksum),
            (5, 0, .malformed), (5, 3, .malformed), (12, 8, .malformed), (13, 1, .malformed), (14, 3, .malformed),
            (14, 16, .malformed), (60, 0, .malformed), (60, 9, .malformed), (60, 65, .malformed), (61, 32, .malformed),
            (62, 1, .malformed), (64, 0x20, .malformed), (74, 0x41, .malformed), (160, 0, .malformed),
            (160, 11, .malformed), (161, 1, .malformed),
        ] as [(Int, UInt8, DatagramRefusal)])
    func faultHasItsReason(place: Int, value: UInt8, reason: DatagramRefusal) {
        var bytes = full.bytes
        bytes[place] = value
        // All but the checksum itself is made good, so that the field is what is refused.
        if reason == .malformed { seal(&bytes) }
        #expect(HeartbeatDatagram.decoded(bytes) == .failure(reason))
    }

    @Test func zeroSessionAndSequenceAndRepeatedDomainAreRefused() {
        for place in [16, 24] {
            var bytes = full.bytes
            bytes.replaceSubrange(place..<place + 8, with: [UInt8](repeating: 0, count: 8))
            seal(&bytes)
            #expect(HeartbeatDatagram.decoded(bytes) == .failure(.malformed))
        }
        var bytes = full.bytes
        bytes += bytes[128...]
        bytes[6] = UInt8(bytes.count)
        bytes[15] = 2
        seal(&bytes)
        #expect(HeartbeatDatagram.decoded(bytes) == .failure(.malformed))
    }

    @Test func randomDatagramsNeverTrap() throws {
        var random = SeededGenerator(seed: 20_261_120)
        let template = full.bytes
        for _ in 0..<100_000 {
            var bytes: [UInt8]
            if random.chance(30) {
                bytes = (0..<Int.random(in: 0...220, using: &random)).map { _ in
                    UInt8.random(in: 0...255, using: &random)
                }
            } else {
                bytes = template
                for _ in 0..<Int.random(in: 1...6, using: &random) {
                    let place = Int.random(in: bytes.indices, using: &random)
                    bytes[place] = UInt8.random(in: 0...255, using: &random)
                }
                if random.chance(80) { seal(&bytes) }
            }
            // What is taken must be the one form of what it says.
            if case .success(let datagram) = HeartbeatDatagram.decoded(bytes) { #expect(datagram.bytes == bytes) }
        }
    }

    @Test(arguments: ["", "white space", "tab\t", "ümlaut", "a/b", String(repeating: "x", count: 65)])
    func invalidHostNameIsRefused(text: String) { #expect(HostName(text) == nil) }

    private func decode(_ bytes: [UInt8]) throws(DatagramRefusal) {
        _ = try HeartbeatDatagram(decoding: bytes.span.bytes)
    }

    private func seal(_ bytes: inout [UInt8]) {
        guard bytes.count >= 12 else { return }
        bytes.replaceSubrange(8..<12, with: [0, 0, 0, 0])
        bytes.replaceSubrange(8..<12, with: littleEndian(bitwiseCRC32C(bytes)))
    }

    private func littleEndian(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }

    /// The definition, bit by bit, to check the library's result against.
    private func bitwiseCRC32C(_ bytes: [UInt8]) -> UInt32 {
        var sum: UInt32 = ~0
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 0 ? sum >> 1 : sum >> 1 ^ 0x82F6_3B78 }
        }
        return ~sum
    }
}
