import Heartbeat
import ReplicaModel
import ReplicaProtocol
import Testing

@testable import ReplicaControl

/// What is remembered of domains has a bound, and is never forgotten while it could matter.
@Suite struct RecordAgeTests {
    private static let domain = DomainIdentity(high: 1, low: 2)
    private static let day: UInt64 = 24 * 3_600 * 1_000_000_000
    private static let since: UInt64 = 100 * day

    private func record(_ role: OwnershipRecord.Role) -> OwnershipRecord {
        OwnershipRecord(
            domain: Self.domain, name: "web", generation: Generation(rawValue: 5), role: role, reason: .peerTookOver,
            since: Self.since, boot: "b", isProtectionWanted: false, home: "xen1")
    }

    private func report(_ claims: [DomainClaim] = []) throws -> HeartbeatReport {
        var report = HeartbeatReport(time: MonotonicTime(nanoseconds: 0), paths: [])
        report.verdict = .alive
        report.peerControllerConnected = true
        report.peerClaims = try #require(ClaimList(claims))
        return report
    }

    private func mayForget(
        _ role: OwnershipRecord.Role, days: UInt64, isInUse: Bool = false, _ report: HeartbeatReport?
    ) -> Bool {
        RecordAge.mayForget(record(role), isInUse: isInUse, report: report, wall: Self.since + days * Self.day)
    }

    @Test(arguments: [OwnershipRecord.Role.former, .backup])
    func aRecordOfADomainThatIsElsewhereGoesAfterThirtyDays(role: OwnershipRecord.Role) throws {
        #expect(!mayForget(role, days: 30, try report()))
        #expect(mayForget(role, days: 31, try report()))
        #expect(!mayForget(role, days: 31, isInUse: true, try report()))
    }

    @Test(arguments: [OwnershipRecord.Role.primary, .owner, .successor, .surrendered])
    func whatThisHostMayStillHaveToDoWithADomainStays(role: OwnershipRecord.Role) throws {
        #expect(!mayForget(role, days: 10_000, try report()))
    }

    @Test func aRecordStaysWhileThePeerMayOwnTheDomain() throws {
        let claim = DomainClaim(domain: Self.domain, role: .active, generation: .none, epoch: .none)
        #expect(!mayForget(.former, days: 31, try report([claim])))
        #expect(!mayForget(.former, days: 31, nil))
        var silent = try report()
        silent.verdict = .dead(since: silent.time)
        #expect(!mayForget(.former, days: 31, silent))
    }

    @Test func aClockThatWentBackForgetsNothing() throws {
        #expect(!RecordAge.mayForget(record(.former), isInUse: false, report: try report(), wall: Self.day))
    }

    @Test func memoryOfADomainGoesWithItsPlaceInTheTable() {
        var state = HousekeepingState()
        let other = DomainIdentity(high: 3, low: 4)
        for domain in [Self.domain, other] {
            state.reprotections[domain] = Reprotection()
            state.starts[domain] = MonotonicTime(nanoseconds: 0)
        }
        state.forgetOthers(than: [Self.domain], at: MonotonicTime(nanoseconds: 0))
        #expect(Array(state.reprotections.keys) == [Self.domain])
        #expect(state.starts.count == 2)
        state.forgetOthers(than: [Self.domain], at: MonotonicTime(nanoseconds: 600_000_000_000))
        #expect(Array(state.starts.keys) == [Self.domain])
    }

    @Test func aGenerationIsReadFromTheDiskOnceUntilItIsWritten() {
        let generations = RecordedGenerations()
        var reads = 0
        func ask(_ answer: UInt64?) -> Generation? {
            generations.generation(of: Self.domain) {
                reads += 1
                return answer.map { Generation(rawValue: $0) }
            }
        }
        #expect(ask(nil) == nil)
        #expect(ask(5) == Generation(rawValue: 5))
        #expect(ask(9) == Generation(rawValue: 5))
        #expect(reads == 2)
        generations.forget(Self.domain)
        #expect(ask(9) == Generation(rawValue: 9))
    }
}
