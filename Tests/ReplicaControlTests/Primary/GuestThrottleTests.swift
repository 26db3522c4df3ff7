import ReplicaModel
import Testing

@testable import ReplicaControl

/// What was taken of a guest's processor time is given back in the end, whatever Xen says at first (safety rule 5).
@Suite struct GuestThrottleTests {
    private static let failure = SessionFailure(.throttleFailed, "Xen is busy")

    /// A scheduler's cap that fails when it is told to.
    private final class Cap {
        var inForce: UInt64 = 100
        var isBroken = false

        var throttle: GuestThrottle {
            GuestThrottle(
                setShare: { (percent) throws(SessionFailure) in try self.change(to: percent) },
                restore: { () throws(SessionFailure) in try self.change(to: 100) })
        }

        private func change(to percent: UInt64) throws(SessionFailure) {
            guard !isBroken else { throw GuestThrottleTests.failure }
            inForce = percent
        }
    }

    private func moment(_ milliseconds: UInt64) -> MonotonicTime {
        MonotonicTime(nanoseconds: milliseconds * 1_000_000)
    }

    @Test func itIsToldWhenThrottlingBeginsAndEndsAndNotForEachStep() throws {
        let cap = Cap()
        var throttle = cap.throttle
        let steps = [
            try throttle.limit(to: 75, at: moment(0)), try throttle.limit(to: 56, at: moment(1)),
            try throttle.lift(at: moment(2)), try throttle.lift(at: moment(3)),
        ]
        #expect(steps == [true, false, true, false])
        #expect(throttle.percent == 100 && cap.inForce == 100)
    }

    @Test func whatCouldNotBeGivenBackIsTriedAgainEachSecondAndSaidUntilItIs() throws {
        let cap = Cap()
        var throttle = cap.throttle
        _ = try throttle.limit(to: 75, at: moment(0))
        #expect(!throttle.isLiftDue(at: moment(9_000)))
        cap.isBroken = true
        var told: [SessionFailure] = []
        for second in 0..<3 as Range<UInt64> {
            do throws(SessionFailure) { #expect(try !throttle.lift(at: moment(1_000 * second))) } catch {
                told.append(error)
            }
            #expect(throttle.percent == 75 && throttle.liftFailure == Self.failure.text)
            #expect(!throttle.isLiftDue(at: moment(1_000 * second + 999)))
            #expect(throttle.isLiftDue(at: moment(1_000 * second + 1_000)))
        }
        #expect(told == [Self.failure])
        cap.isBroken = false
        let isLifted = try throttle.lift(at: moment(3_000))
        #expect(isLifted && throttle.percent == 100 && cap.inForce == 100)
        #expect(throttle.liftFailure == nil && !throttle.isLiftDue(at: moment(9_000)))
    }

    @Test func aShareThatCouldNotBeSetGivesAllOfTheTimeBackByAndBy() throws {
        let cap = Cap()
        var throttle = cap.throttle
        _ = try throttle.limit(to: 75, at: moment(0))
        cap.isBroken = true
        do throws(SessionFailure) {
            _ = try throttle.limit(to: 56, at: moment(1))
            Issue.record("it did not fail")
        } catch { #expect(error == Self.failure) }
        // The first share is still in force, and `status` says so.
        #expect(throttle.percent == 75 && throttle.isLiftDue(at: moment(1_001)))
        cap.isBroken = false
        let isLifted = try throttle.lift(at: moment(1_001))
        #expect(isLifted && cap.inForce == 100)
    }

    @Test func aGuestThatIsHeldBackAnewIsNotLetGoByAnOldOrder() throws {
        let cap = Cap()
        var throttle = cap.throttle
        _ = try throttle.limit(to: 75, at: moment(0))
        cap.isBroken = true
        _ = try? throttle.lift(at: moment(1))
        cap.isBroken = false
        let beganAnew = try throttle.limit(to: 56, at: moment(2))
        #expect(!beganAnew && !throttle.isLiftDue(at: moment(9_000)))
        #expect(throttle.percent == 56 && throttle.liftFailure == nil)
    }
}
