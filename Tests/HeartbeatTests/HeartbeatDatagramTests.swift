import ReplicaModel
import Testing

@testable import Heartbeat

@Suite struct HeartbeatDatagramTests {
    private let full: HeartbeatDatagram = {
        var datagram = HeartbeatDatagram(
            hostName: makeHostName("host-1.lab"), network: .replication, session: 0x0102_0304_0506_0708,
            sequence: 0x1112_1314_1516_1718, sendTime: MonotonicTime(nanoseconds: 0x2122_2324_2526_2728),
            echo: Echo(
                session: 0x3132_3334_3536_3738, sendTime: MonotonicTime(nanoseconds: 0x4142_4344_4546_4748),
                heldMicroseconds: 0x5152_5354),
            flags: [.controllerConnected, .claimsStale], carriers: NetworkCarriers(lan: true, replication: false),
            claims: claims(claim(.armed, generation: 0x6162, epoch: 0x7172_7374)))
        datagram.latenessMicroseconds = 0x8182_8384
        return datagram
    }()

    /// The receiver's seal.
    private let seal = makeSeal(of: "alpha", with: "host-1.lab", over: .replication)
    /// The sender's seal, with which a test makes a changed datagram good again.
    private let sendingSeal = makeSeal(of: "host-1.lab", with: "alpha", over: .replication)

    @Test func layoutIsTheDocumentedOne() {
        let header: [UInt8] = [
            0x52, 0x48, 0x42, 0x44, 2, 2, 200, 0,  // magic, version, network, length
            0x84, 0x83, 0x82, 0x81, 5, 0, 0b0110, 1,  // lateness, flags, carriers, claim count
            8, 7, 6, 5, 4, 3, 2, 1,  // session
            0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11,  // sequence
            0x28, 0x27, 0x26, 0x25, 0x24, 0x23, 0x22, 0x21,  // send time
            0x38, 0x37, 0x36, 0x35, 0x34, 0x33, 0x32, 0x31,  // echo: session
            0x48, 0x47, 0x46, 0x45, 0x44, 0x43, 0x42, 0x41,  // echo: send time
            0x54, 0x53, 0x52, 0x51, 10, 32, 0, 0,  // echo: held, name length, tag length, reserved
        ]
        let name = Array("host-1.lab".utf8) + [UInt8](repeating: 0, count: 54)
        let claim: [UInt8] = [
            0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88,
            0x62, 0x61, 0, 0, 0, 0, 0, 0, 0x74, 0x73, 0x72, 0x71, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0,
        ]
        let bytes = full.bytes()
        #expect(Array(bytes.dropLast(32)) == header + name + claim)
        #expect(bytes.count == 200)
    }

    /// The tag is what any other implementation of HMAC-SHA-256 makes of the documented bytes.
    @Test func tagIsTheDocumentedOne() {
        let bytes = peerDatagram(sequence: 1).bytes()
        #expect(Array(bytes.suffix(32)) == Self.documentedTag)
    }

    /// Made by Python's hmac module: the key 07 07 ..., the label, "beta", "alpha", 1 (lan), and the datagram.
    private static let documentedTag: [UInt8] = [
        0xd7, 0x2b, 0x69, 0xe5, 0x88, 0x8a, 0xf2, 0xa4, 0xfd, 0x4f, 0x61, 0xea, 0x60, 0xe5, 0x8e, 0xf5,
        0x61, 0xfa, 0x97, 0x06, 0x16, 0x16, 0xda, 0xe8, 0xc6, 0xe2, 0xbc, 0x7f, 0xfd, 0xc4, 0xaf, 0x1b,
    ]

    @Test func fullListFitsAnEthernetFrameAndComesBack() throws {
        var list = ClaimList()
        for number in 0..<UInt64(HeartbeatLimits.claims) {
            let role = ClaimRole.allCases[Int(number) % ClaimRole.allCases.count]
            let appended = list.append(claim(role, epoch: number, domain: DomainIdentity(high: number, low: 1)))
            #expect(appended)
        }
        let overflow = list.append(claim(.armed, domain: DomainIdentity(high: 77, low: 77)))
        #expect(!overflow)
        let name = String(repeating: "h", count: HeartbeatLimits.hostName)
        var datagram = full
        datagram.claims = list
        datagram.hostName = makeHostName(name)
        #expect(datagram.encodedLength == HeartbeatLimits.datagram)
        // 1500 bytes without the headers of IPv6 and UDP.
        #expect(HeartbeatLimits.datagram <= 1500 - 40 - 8)
        let seal = makeSeal(of: "alpha", with: name, over: .replication)
        #expect(HeartbeatDatagram.decoded(datagram.bytes(), seal) == .success(datagram))
    }

    @Test func datagramWithoutEchoAndClaimsComesBack() {
        let datagram = peerDatagram(sequence: 1)
        #expect(HeartbeatDatagram.decoded(datagram.bytes()) == .success(datagram))
    }

    @Test func everyTruncationAndExtensionIsRefused() {
        let bytes = full.bytes()
        for length in bytes.indices {
            #expect(HeartbeatDatagram.decoded(Array(bytes[..<length]), seal) == .failure(.length))
        }
        #expect(HeartbeatDatagram.decoded(bytes + [0], seal) == .failure(.length))
        let long = bytes + [UInt8](repeating: 0, count: HeartbeatLimits.datagram)
        #expect(HeartbeatDatagram.decoded(long, seal) == .failure(.length))
    }

    @Test func everyFlippedBitIsRefused() {
        let bytes = full.bytes()
        for bit in 0..<bytes.count * 8 {
            var flipped = bytes
            flipped[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: DatagramRefusal.self) { try decode(flipped) }
        }
    }

    @Test(
        arguments: [
            (0, 0, DatagramRefusal.magic), (4, 1, .version), (6, 199, .length), (15, 2, .length),
            (5, 1, .network), (5, 0, .network), (60, 9, .hostName), (60, 65, .hostName), (64, 0x20, .hostName),
            (64, 0x41, .hostName), (74, 0x41, .hostName),
            // What the tag covers, each in another part, and the tag itself at both ends.
            (8, 0, .authentication), (12, 1, .authentication), (16, 0, .authentication), (24, 0, .authentication),
            (32, 0, .authentication), (56, 0, .authentication), (128, 0xFF, .authentication), (160, 9, .authentication),
            (12, 8, .malformed), (13, 1, .malformed), (14, 3, .malformed), (14, 16, .malformed), (61, 16, .malformed),
            (62, 1, .malformed), (160, 0, .malformed), (160, 11, .malformed), (161, 1, .malformed),
        ] as [(Int, UInt8, DatagramRefusal)])
    func faultHasItsReason(place: Int, value: UInt8, reason: DatagramRefusal) {
        var bytes = full.bytes()
        bytes[place] = value
        // The tag is made good, so that the field is what is refused.
        if reason == .malformed { sign(&bytes) }
        #expect(HeartbeatDatagram.decoded(bytes, seal) == .failure(reason))
    }

    @Test(arguments: [168, 184, 199]) func everyByteOfTheTagCounts(place: Int) {
        var bytes = full.bytes()
        bytes[place] ^= 0x80
        #expect(HeartbeatDatagram.decoded(bytes, seal) == .failure(.authentication))
    }

    @Test func zeroSessionAndSequenceAndRepeatedDomainAreRefused() {
        for place in [16, 24] {
            var bytes = full.bytes()
            bytes.replaceSubrange(place..<place + 8, with: [UInt8](repeating: 0, count: 8))
            sign(&bytes)
            #expect(HeartbeatDatagram.decoded(bytes, seal) == .failure(.malformed))
        }
        var bytes = full.bytes()
        bytes.insert(contentsOf: bytes[128..<168], at: 168)
        bytes[6] = UInt8(bytes.count)
        bytes[15] = 2
        sign(&bytes)
        #expect(HeartbeatDatagram.decoded(bytes, seal) == .failure(.malformed))
    }

    @Test func randomDatagramsNeverTrap() throws {
        var random = SeededGenerator(seed: 20_261_120)
        let template = full.bytes()
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
                if random.chance(80) { sign(&bytes) }
            }
            // What is taken must be the one form of what it says.
            if case .success(let datagram) = HeartbeatDatagram.decoded(bytes, seal) {
                #expect(datagram.bytes() == bytes)
            }
        }
    }

    @Test func datagramOfAnotherKeyIsRefused() {
        let bytes = peerDatagram(sequence: 1).bytes(key: makeKey(8))
        #expect(HeartbeatDatagram.decoded(bytes) == .failure(.authentication))
    }

    @Test func datagramSentBackToItsSenderIsRefused() {
        let bytes = peerDatagram(sequence: 1).bytes(for: "alpha")
        // Beta gets its own datagram back; even with the names exchanged it is not alpha's.
        let atBeta = makeSeal(of: "beta", with: "alpha")
        #expect(HeartbeatDatagram.decoded(bytes, atBeta) == .failure(.hostName))
        let renamed = Array(bytes[..<60]) + [5] + bytes[61..<64] + Array("alpha".utf8) + bytes[69...]
        #expect(HeartbeatDatagram.decoded(renamed, atBeta) == .failure(.authentication))
    }

    @Test func datagramForAnotherHostIsRefusedUnderTheSameKey() {
        let bytes = peerDatagram(sequence: 1).bytes(for: "gamma")
        #expect(HeartbeatDatagram.decoded(bytes) == .failure(.authentication))
    }

    @Test func datagramOfAnotherHostIsRefusedUnderTheSameKey() {
        let bytes = peerDatagram(sequence: 1, name: "gamma").bytes(for: "alpha")
        #expect(HeartbeatDatagram.decoded(bytes) == .failure(.hostName))
    }

    @Test func datagramOfTheOtherNetworkIsRefusedWhateverItSays() {
        var bytes = peerDatagram(sequence: 1, network: .replication).bytes()
        #expect(HeartbeatDatagram.decoded(bytes) == .failure(.network))
        bytes[5] = PathNetwork.lan.rawValue
        #expect(HeartbeatDatagram.decoded(bytes) == .failure(.authentication))
    }

    @Test(arguments: ["", "white space", "tab\t", "ümlaut", "a/b", String(repeating: "x", count: 65)])
    func invalidHostNameIsRefused(text: String) { #expect(HostName(text) == nil) }

    private func decode(_ bytes: [UInt8]) throws(DatagramRefusal) {
        _ = try HeartbeatDatagram(decoding: bytes.span.bytes, sealedBy: seal)
    }

    /// Puts the tag of the sender under whatever the bytes say.
    private func sign(_ bytes: inout [UInt8]) {
        guard bytes.count > 32 else { return }
        let tag = sendingSeal.tag(of: bytes.span.bytes.extracting(0..<(bytes.count - 32)))
        bytes.removeLast(32)
        for index in tag.indices { bytes.append(tag[index]) }
    }
}
