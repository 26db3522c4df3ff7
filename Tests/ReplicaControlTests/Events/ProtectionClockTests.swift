import Heartbeat
import ReplicaModel
import TestSupport
import Testing

@testable import ReplicaControl

@Suite struct ProtectionClockTests {
    private func time(_ tape: EventTape, at milliseconds: UInt64) -> ProtectionTime? {
        ProtectionClock(tape.records).time(of: webIdentity.description, at: tape.moment(milliseconds))
    }

    @Test func seedingAndLostBackupsCountAsUnprotected() {
        var tape = EventTape("xen1")
        tape.start(0, peer: "xen2")
        tape.web(1_000, .primary, .operatorRequest, "none", "seeding", kind: .begin)
        tape.web(4_000, .primary, .guestProtected, "seeding", "protected")
        tape.web(9_000, .primary, .connectionLost, "protected", "holding")
        tape.web(9_400, .primary, .peerDead, "holding", "unprotected")
        #expect(time(tape, at: 9_400)?.unprotectedMilliseconds == 3_000)
        #expect(time(tape, at: 10_000)?.unprotectedMilliseconds == 3_600)
        #expect(time(tape, at: 10_000)?.protectedMilliseconds == 5_400)
        #expect(time(tape, at: 10_000)?.since == "2026-11-20T09:40:01.000Z")
    }

    @Test func aReplicaIsCountedOnlyFromItsActivationOn() {
        var tape = EventTape("xen2")
        tape.web(0, .backup, .replicaRequested, "none", "receiving", kind: .begin)
        tape.web(3_000, .backup, .replicaArmed, "receiving", "armed")
        #expect(time(tape, at: 5_000) == nil)
        tape.web(6_000, .backup, .primaryDead, "armed", "activating")
        tape.web(7_000, .backup, .activated, "activating", "active")
        tape.web(7_100, .backup, .primaryDead, "active", "active", kind: .end)
        #expect(time(tape, at: 9_000)?.unprotectedMilliseconds == 2_000)
    }

    @Test func aRestartedControllerGoesOnCountingByTheWallClock() {
        var tape = EventTape("xen1")
        tape.start(0, peer: "xen2")
        tape.web(1_000, .primary, .connectionLost, "protected", "unprotected")
        tape.start(5_000, peer: "xen2")
        tape.web(5_010, .primary, .connectionLost, "none", "unprotected", kind: .begin)
        #expect(time(tape, at: 6_010)?.unprotectedMilliseconds == 5_000)
        // A domain that the new controller does not find is gone.
        tape.start(7_010, peer: "xen2")
        #expect(time(tape, at: 60_000)?.unprotectedMilliseconds == 6_000)
    }

    @Test func aDomainThatEndedOrWentToThePeerIsNotCountedOn() {
        var tape = EventTape("xen1")
        tape.web(0, .primary, .peerDead, "holding", "unprotected")
        tape.web(2_000, .controller, .guestShutDown, "", "gone")
        tape.web(3_000, .primary, .operatorRequest, "none", "seeding", kind: .begin)
        tape.web(4_000, .primary, .peerTookOver, "holding", "standing-down")
        #expect(time(tape, at: 90_000)?.unprotectedMilliseconds == 3_000)
    }

    @Test func domainsAreBounded() {
        var clock = ProtectionClock()
        for number in 0..<UInt64(2 * ProtectionClock.domainLimit) {
            var decision = sampleDecision()
            (decision.domain, decision.after) = (DomainIdentity(high: 0, low: number), "unprotected")
            clock.take(decision, at: Moment(wall: tapeBegin + number, monotonic: number, run: 1))
        }
        func has(_ number: UInt64) -> Bool {
            clock.time(
                of: DomainIdentity(high: 0, low: number).description, at: Moment(wall: tapeBegin, monotonic: 0, run: 1))
                != nil
        }
        #expect(!has(0) && has(UInt64(2 * ProtectionClock.domainLimit - 1)))
    }

    @Test func theRecorderCountsAndRemembers() throws {
        let directory = try TemporaryDirectory()
        let domain = webIdentity.description
        var decision = sampleDecision()
        (decision.before, decision.after) = ("holding", "unprotected")
        let first = try DecisionRecorder(directory: directory.path, host: "xen1", limitBytes: 1_048_576)
        #expect(first.protectionTime(of: domain) == nil)
        first.record(decision)
        let since = try #require(first.protectionTime(of: domain)).since
        first.stop()
        let second = try DecisionRecorder(directory: directory.path, host: "xen1", limitBytes: 1_048_576)
        #expect(second.protectionTime(of: domain)?.since == since)
        second.stop()
    }
}

@Suite struct HeartbeatWatchTests {
    private func report(_ verdict: PeerVerdict, carrier: Bool = true) -> HeartbeatReport {
        let path = HeartbeatPath(
            name: "lan", network: .lan, localAddress: "192.0.2.1", peerAddress: "192.0.2.2", port: 7_789,
            carrierInterface: "eth0")
        var report = HeartbeatReport(time: MonotonicTime(nanoseconds: 10_000_000_000), paths: [path])
        report.verdict = verdict
        report.paths[0].localCarrier = carrier
        report.paths[0].lastHeard = MonotonicTime(nanoseconds: 9_588_000_000)
        return report
    }

    @Test func onlyChangesAreToldAndEachOnce() {
        var watch = HeartbeatWatch()
        #expect(watch.observe(nil).isEmpty)
        #expect(watch.observe(report(.unknown)).isEmpty)
        #expect(watch.observe(report(.alive)).map(\.reason) == [.peerAlive])
        #expect(watch.observe(report(.alive)).isEmpty)
        #expect(watch.observe(report(.suspect(silent: PathSet()))).isEmpty)
        let dead = watch.observe(report(.dead(since: MonotonicTime(nanoseconds: 10_000_000_000)), carrier: false))
        #expect(dead.map(\.reason) == [.peerDead, .carrierLost])
        #expect(dead.map(\.detail) == ["last heard 412 ms before", "path lan, network lan"])
        #expect(watch.observe(report(.dead(since: MonotonicTime(nanoseconds: 11)), carrier: false)).isEmpty)
        #expect(watch.observe(nil).map(\.reason) == [.heartbeatLost])
        #expect(watch.observe(nil).isEmpty)
        #expect(watch.observe(report(.alive)).map(\.reason) == [.peerAlive, .carrierBack])
    }
}

@Suite struct TimestampReadingTests {
    @Test(
        arguments: [
            ("1970-01-01T00:00:00.000Z", 0), ("2026-11-20T09:41:57.042Z", 1_795_167_717_042_000_000),
            ("2026-11-20T10:41:57.042+01:00", 1_795_167_717_042_000_000),
            ("2026-11-20 09:41:57", 1_795_167_717_000_000_000),
            ("2026-11-20 09:41", 1_795_167_660_000_000_000), ("2026-11-20", 1_795_132_800_000_000_000),
            ("2026-11-20T06:11:57-03:30", 1_795_167_717_000_000_000),
        ] as [(String, UInt64)])
    func pointsInTimeAreRead(text: String, wall: UInt64) { #expect(Timestamp.wall(rfc3339: text) == wall) }

    @Test(arguments: [
        "", "yesterday", "2026-13-01", "2026-02-30", "2026-11-20T", "2026-11-20T24:00:00Z", "2026-11-20T09:41:57.Z",
        "2026-11-20T09:41:57+1", "9999-12-31T23:59:59Z", "2026-11-20T09:41:57Zx", "26-11-20", "1969-12-31T23:59:59Z",
        "2026-11-20T09:4١:57Z",
    ])
    func otherTextsAreRefused(text: String) { #expect(Timestamp.wall(rfc3339: text) == nil) }
}
