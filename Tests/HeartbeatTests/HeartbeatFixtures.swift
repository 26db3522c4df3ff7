// What several heartbeat tests have in common.

import ReplicaModel

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

extension HeartbeatDatagram {
    var bytes: [UInt8] {
        var buffer = [UInt8](repeating: 0xEE, count: encodedLength)
        var span = buffer.mutableSpan
        var raw = span.mutableBytes
        encode(into: &raw)
        return buffer
    }

    static func decoded(_ bytes: [UInt8]) -> Result<HeartbeatDatagram, DatagramRefusal> {
        Result { () throws(DatagramRefusal) in try HeartbeatDatagram(decoding: bytes.span.bytes) }
    }
}

extension HeartbeatNode {
    func report(at now: MonotonicTime) -> HeartbeatReport {
        var report = HeartbeatReport(time: now, paths: pairConfiguration(own: "a", peer: "b").paths)
        fill(&report, at: now)
        return report
    }
}
