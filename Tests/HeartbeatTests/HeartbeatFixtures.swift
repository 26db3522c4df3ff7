// What several heartbeat tests have in common.

import Glibc
import ReplicaModel
import Testing

@testable import Heartbeat

/// Numbers that a seed repeats (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }
}

func at(_ milliseconds: UInt64) -> MonotonicTime { MonotonicTime(nanoseconds: milliseconds * 1_000_000) }

let someDomain = DomainIdentity(high: 0x0123_4567_89ab_cdef, low: 0x1122_3344_5566_7788)

func claim(
    _ role: ClaimRole, generation: UInt64 = 3, epoch: UInt64 = 99, domain: DomainIdentity = someDomain
) -> DomainClaim {
    DomainClaim(
        domain: domain, role: role, generation: Generation(rawValue: generation), epoch: Epoch(rawValue: epoch))
}

func claims(_ list: DomainClaim...) -> ClaimList {
    guard let claims = ClaimList(list) else { preconditionFailure("a test gives too many claims, or a domain twice") }
    return claims
}

func makeHostName(_ text: String) -> HostName {
    guard let name = HostName(text) else { preconditionFailure("a test gives an invalid host name") }
    return name
}

/// A pair's configuration with a LAN path and a replication path.
func pairConfiguration(own: String, peer: String) -> HeartbeatConfiguration {
    let paths = [
        HeartbeatPath(
            name: "lan", network: .lan, localAddress: "192.0.2.1", peerAddress: "192.0.2.2", port: 7789,
            carrierInterface: "eth0"),
        HeartbeatPath(
            name: "replication", network: .replication, localAddress: "198.51.100.1", peerAddress: "198.51.100.2",
            port: 7789, carrierInterface: "eth1"),
    ]
    return HeartbeatConfiguration(ownName: own, peerName: peer, paths: paths)
}

func node(_ own: String = "alpha", _ peer: String = "beta", session: UInt64 = 11) throws -> HeartbeatNode {
    try HeartbeatNode(configuration: pairConfiguration(own: own, peer: peer), session: session, startedAt: at(0))
}

func peerDatagram(
    session: UInt64 = 22, sequence: UInt64, sentAt sendTime: MonotonicTime = at(500), echo: Echo? = nil,
    network: PathNetwork = .lan, name: String = "beta", flags: DatagramFlags = .controllerConnected,
    claims: ClaimList = ClaimList()
) -> HeartbeatDatagram {
    HeartbeatDatagram(
        hostName: makeHostName(name), network: network, session: session, sequence: sequence, sendTime: sendTime,
        echo: echo, flags: flags, carriers: NetworkCarriers(lan: true, replication: false), claims: claims)
}

/// A datagram of beta's with which its session proves to the node of ``node(_:_:session:)`` that it is live.
func liveDatagram(
    session: UInt64 = 22, sequence: UInt64, sentAt sendTime: MonotonicTime = at(500),
    echo: Echo? = Echo(session: 11, sendTime: at(900), heldMicroseconds: 0), network: PathNetwork = .lan,
    flags: DatagramFlags = .controllerConnected, claims: ClaimList = ClaimList(), latenessMicroseconds: UInt32 = 0
) -> HeartbeatDatagram {
    var datagram = peerDatagram(
        session: session, sequence: sequence, sentAt: sendTime, echo: echo, network: network, flags: flags,
        claims: claims)
    datagram.latenessMicroseconds = latenessMicroseconds
    return datagram
}

/// The key of the tests' pair, or another one for another number.
func makeKey(_ number: UInt8 = 7) -> HeartbeatKey {
    let digits = String(number, radix: 16)
    let pair = digits.count == 1 ? "0" + digits : digits
    guard let key = HeartbeatKey(text: String(repeating: pair, count: HeartbeatKey.byteCount).utf8) else {
        preconditionFailure("a test makes a key that is none")
    }
    return key
}

/// The seal with which a host checks what its peer sends, and seals what it sends itself.
func makeSeal(
    of own: String = "alpha", with peer: String = "beta", over network: PathNetwork = .lan,
    key: HeartbeatKey = makeKey()
) -> DatagramSeal {
    DatagramSeal(key: key, ownName: makeHostName(own), peerName: makeHostName(peer), network: network)
}

extension HeartbeatDatagram {
    /// What its sender puts on the wire for a host.
    func bytes(for receiver: String = "alpha", key: HeartbeatKey = makeKey()) -> [UInt8] {
        bytes(sealedBy: makeSeal(of: hostName.description, with: receiver, over: network, key: key))
    }

    func bytes(sealedBy seal: DatagramSeal) -> [UInt8] {
        var buffer = [UInt8](repeating: 0xEE, count: encodedLength)
        var span = buffer.mutableSpan
        var raw = span.mutableBytes
        encode(into: &raw, sealedBy: seal)
        return buffer
    }

    static func decoded(
        _ bytes: [UInt8], _ seal: DatagramSeal = makeSeal()
    ) -> Result<HeartbeatDatagram, DatagramRefusal> {
        Result { () throws(DatagramRefusal) in try HeartbeatDatagram(decoding: bytes.span.bytes, sealedBy: seal) }
    }
}

/// A new directory that ends with its value.
final class ScratchDirectory: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/replicactl-test-XXXXXX".utf8CString)
        path = try #require(mkdtemp(&template).map { String(cString: $0) })
    }

    deinit {
        for name in ["key", "other"] { unlink("\(path)/\(name)") }
        rmdir(path)
    }
}

extension HeartbeatNode {
    func report(at now: MonotonicTime) -> HeartbeatReport {
        var report = HeartbeatReport(time: now, paths: pairConfiguration(own: "a", peer: "b").paths)
        fill(&report, at: now)
        return report
    }
}
