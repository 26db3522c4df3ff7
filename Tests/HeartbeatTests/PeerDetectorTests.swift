import ReplicaModel
import Testing

@testable import Heartbeat

@Suite struct PeerDetectorTests {
    /// Two paths, 400 ms; beats are due every 50 ms.
    private func detector() -> PeerDetector { PeerDetector(paths: 2, timeout: 400, startedAt: at(0)) }

    private let first = PathSet(path: 0)
    private let second = PathSet(path: 1)

    /// Ticks in time, every 50 ms in a range; returns the times at which the verdict changed.
    private func tick(_ detector: inout PeerDetector, _ range: ClosedRange<UInt64>) -> [UInt64] {
        var changes: [UInt64] = []
        for moment in stride(from: range.lowerBound, through: range.upperBound, by: 50)
        where detector.tick(due: at(moment), at: at(moment)) { changes.append(moment) }
        return changes
    }

    /// Hears paths every 50 ms, and ticks in time.
    private func hear(_ detector: inout PeerDetector, on paths: [Int], _ range: ClosedRange<UInt64>) {
        for moment in stride(from: range.lowerBound, through: range.upperBound, by: 50) {
            for path in paths { _ = detector.heard(on: path, at: at(moment)) }
            _ = detector.tick(due: at(moment), at: at(moment))
        }
    }

    @Test func neverHeardIsUnknownForEver() {
        var detector = detector()
        #expect(tick(&detector, 50...100_000).isEmpty)
        #expect(detector.verdict == .unknown)
    }

    @Test func heardIsAlive() {
        var detector = detector()
        let changed = detector.heard(on: 0, at: at(10_000))
        #expect(changed)
        #expect(detector.verdict == .alive)
        let changedAgain = detector.heard(on: 1, at: at(10_001))
        #expect(!changedAgain)
    }

    @Test func pathThatWasNeverHeardBecomesSilentAfterTheTimeout() {
        var detector = detector()
        hear(&detector, on: [0], 10_000...10_350)
        #expect(detector.verdict == .alive)
        hear(&detector, on: [0], 10_400...10_400)
        #expect(detector.verdict == .suspect(silent: second))
    }

    @Test func lostPathIsSuspectedAndComesBack() {
        var detector = detector()
        hear(&detector, on: [0, 1], 100...1000)
        hear(&detector, on: [1], 1050...1350)
        #expect(detector.verdict == .alive)
        hear(&detector, on: [1], 1400...3000)
        #expect(detector.verdict == .suspect(silent: first))
        let changed = detector.heard(on: 0, at: at(3010))
        #expect(changed)
        #expect(detector.verdict == .alive)
    }

    @Test func allPathsSilentIsDeadOnceAndNotBeforeTheTimeout() {
        var detector = detector()
        hear(&detector, on: [0, 1], 100...1000)
        #expect(tick(&detector, 1050...5000) == [1400])
        #expect(detector.verdict == .dead(since: at(1400)))
        #expect(detector.silent == [first, second])
    }

    @Test func pathsThatFallSilentOneAfterTheOtherEndInDead() {
        var detector = detector()
        hear(&detector, on: [0, 1], 100...1000)
        hear(&detector, on: [0], 1050...1200)
        #expect(tick(&detector, 1250...5000) == [1400, 1600])
        #expect(detector.verdict == .dead(since: at(1600)))
    }

    @Test func deadPeerThatIsHeardIsAliveAndOtherPathsGetTheirTime() {
        var detector = detector()
        hear(&detector, on: [0, 1], 100...1000)
        _ = tick(&detector, 1050...5000)
        _ = detector.heard(on: 0, at: at(5010))
        #expect(detector.verdict == .alive)
        hear(&detector, on: [0], 5050...5400)
        #expect(detector.verdict == .alive)
        hear(&detector, on: [0], 5450...5450)
        #expect(detector.verdict == .suspect(silent: second))
    }

    @Test func ownLatenessGivesThePeerItsFullTime() {
        var detector = detector()
        hear(&detector, on: [0, 1], 100...1000)
        // Frozen for eight seconds; nothing was queued.
        let changed = detector.tick(due: at(1050), at: at(9050))
        #expect(!changed)
        #expect(detector.verdict == .alive)
        #expect(detector.lateness.graceSince == at(9050))
        #expect(detector.lateness.graces == 1)
        #expect(detector.lateness.maximum == 8_000_000_000)
        #expect(tick(&detector, 9100...12_000) == [9450])
        #expect(detector.verdict == .dead(since: at(9450)))
    }

    @Test func latenessUpToHalfTheTimeoutIsNoExcuse() {
        var detector = detector()
        hear(&detector, on: [0, 1], 100...1000)
        _ = tick(&detector, 1050...1200)
        let changed = detector.tick(due: at(1250), at: at(1450))
        #expect(changed)
        #expect(detector.verdict == .dead(since: at(1450)))
        #expect(detector.lateness.graces == 0)
    }

    @Test func freezeDoesNotBringADeadPeerBack() {
        var detector = detector()
        hear(&detector, on: [0, 1], 100...1000)
        _ = tick(&detector, 1050...2000)
        _ = detector.tick(due: at(2050), at: at(9000))
        #expect(detector.verdict == .dead(since: at(1400)))
    }

    @Test func latePeerIsGivenSoMuchLonger() {
        var detector = detector()
        hear(&detector, on: [0, 1], 100...1000)
        detector.bear(peerLateness: 150_000_000)
        #expect(tick(&detector, 1050...5000) == [1550])
    }

    @Test func peerCannotAskForMoreThanASecondTimeout() {
        var detector = detector()
        hear(&detector, on: [0, 1], 100...1000)
        detector.bear(peerLateness: .max)
        #expect(tick(&detector, 1050...5000) == [1800])
    }

    @Test func peerThatIsInTimeAgainGetsNoMore() {
        var detector = detector()
        hear(&detector, on: [0, 1], 100...1000)
        detector.bear(peerLateness: 150_000_000)
        detector.bear(peerLateness: 0)
        #expect(tick(&detector, 1050...5000) == [1400])
    }

    @Test func worstLatenessOfTheLastSecondsIsTold() {
        var recent = RecentLateness(startedAt: at(0))
        recent.record(90_000_000, at: at(50))
        recent.record(1000, at: at(100))
        #expect(recent.worst == 90_000_000)
        recent.record(2000, at: at(1050))
        #expect(recent.worst == 90_000_000)
        recent.record(3000, at: at(2050))
        #expect(recent.worst == 3000)
    }

    @Test func latenessIsCountedByClass() {
        var lateness = Lateness()
        for nanoseconds: UInt64 in [0, 99_999, 100_000, 4_999_999, 199_999_999, 200_000_000, .max] {
            lateness.record(nanoseconds)
        }
        #expect(lateness.histogram == [2, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 2])
        #expect(lateness.last == .max)
        #expect(lateness.histogram.count == Lateness.bounds.count + 1)
    }
}
