import ReplicaModel
import Testing

@testable import Heartbeat

@Suite struct HeartbeatReportTests {
    private var full: HeartbeatReport {
        var report = HeartbeatReport(time: at(123_456), paths: pairConfiguration(own: "a", peer: "b").paths)
        report.verdict = .dead(since: at(123_000))
        report.paths[0].lastHeard = at(122_000)
        report.paths[0].lastEchoOfOurs = at(121_000)
        report.paths[0].localCarrier = true
        report.paths[0].roundTrip = 250_000
        report.paths[0].received = 17
        report.paths[0].missed = 2
        report.paths[1].isSilent = false
        report.paths[1].late = 3
        report.peerSession = 99
        report.peerControllerConnected = false
        report.peerClaimsStale = true
        report.peerShuttingDown = true
        report.peerCarriers = NetworkCarriers(lan: true, replication: nil)
        report.peerClaims = claims(claim(.armed), claim(.active, domain: DomainIdentity(high: 1, low: 2)))
        report.peerLateness = 7_000_000
        report.claimsSerial = 12
        report.lateness.record(3_000_000)
        report.lateness.graces = 1
        report.lateness.graceSince = at(100_000)
        report.refusals[.lateOrReplayed] = 4
        report.refusals[.echoOfFuture] = 5
        return report
    }

    private func bytes(_ report: HeartbeatReport) -> [UInt8] {
        packet { report.encode(into: &$0) }
    }

    private func packet(_ encode: (inout MutableRawSpan) -> Int) -> [UInt8] {
        var buffer = [UInt8](repeating: 0xEE, count: HeartbeatLimits.message)
        var span = buffer.mutableSpan
        var raw = span.mutableBytes
        let length = encode(&raw)
        return Array(buffer[..<length])
    }

    private func decodedReport(_ bytes: [UInt8]) -> HeartbeatReport? { HeartbeatReport(decoding: bytes.span.bytes) }

    private func decodedMessage(_ bytes: [UInt8]) -> ClaimMessage? { ClaimMessage(decoding: bytes.span.bytes) }

    @Test func everyFieldComesBack() {
        #expect(decodedReport(bytes(full)) == full)
    }

    @Test(arguments: [
        PeerVerdict.unknown, .alive, .suspect(silent: PathSet(path: 1)), .dead(since: MonotonicTime(nanoseconds: 5)),
    ])
    func everyVerdictComesBack(verdict: PeerVerdict) {
        var report = full
        report.verdict = verdict
        #expect(decodedReport(bytes(report))?.verdict == verdict)
    }

    @Test func largestReportFitsAPacket() {
        var report = full
        let name = String(repeating: "n", count: HeartbeatLimits.pathName)
        report.paths = Array(repeating: report.paths[0], count: HeartbeatLimits.paths)
        for index in report.paths.indices { report.paths[index].name = name }
        report.peerClaims = ClaimList()
        for number in 0..<UInt64(HeartbeatLimits.claims) {
            _ = report.peerClaims.append(claim(.armed, domain: DomainIdentity(high: number, low: 0)))
        }
        #expect(bytes(report).count < HeartbeatLimits.message)
        #expect(decodedReport(bytes(report)) == report)
    }

    @Test func newestOfThePathsCounts() {
        var report = full
        report.paths[1].lastHeard = at(122_500)
        report.paths[1].lastEchoOfOurs = at(120_000)
        #expect(report.newestHeard == at(122_500))
        #expect(report.newestEchoOfOurs == at(121_000))
        #expect(report.lastContact == at(122_500))
        report.lateness.graceSince = at(122_900)
        #expect(report.lastContact == at(122_900))
        report.paths[0].lastHeard = nil
        report.paths[1].lastHeard = nil
        #expect(report.lastContact == nil)
    }

    @Test func claimMessageComesBack() {
        let message = ClaimMessage(
            serial: 5, claims: claims(claim(.armed), claim(.protecting, domain: .init(high: 1, low: 2))))
        let bytes = packet { message.encode(into: &$0) }
        #expect(decodedMessage(bytes) == message)
        #expect(decodedReport(bytes) == nil)
    }

    @Test func truncatedAndRandomMessagesAreRefusedWithoutATrap() {
        let report = bytes(full)
        for length in report.indices { #expect(decodedReport(Array(report[..<length])) == nil) }
        #expect(decodedReport(report + [0]) == nil)
        let message = ClaimMessage(serial: 5, claims: claims(claim(.armed)))
        let claims = packet { message.encode(into: &$0) }
        for length in claims.indices { #expect(decodedMessage(Array(claims[..<length])) == nil) }
        #expect(decodedMessage(claims + [0]) == nil)
        var random = SeededGenerator(seed: 7)
        for _ in 0..<50_000 {
            var changed = random.chance(50) ? report : claims
            for _ in 0..<Int.random(in: 1...5, using: &random) {
                let place = Int.random(in: changed.indices, using: &random)
                changed[place] = UInt8.random(in: 0...255, using: &random)
            }
            _ = decodedReport(changed)
            _ = decodedMessage(changed)
        }
    }
}
