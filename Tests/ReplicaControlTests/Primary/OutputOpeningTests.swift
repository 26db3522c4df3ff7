import ReplicaModel
import Testing

@testable import ReplicaControl

/// Output that was ordered to flow is opened in the end, whatever the kernel says at first.
@Suite struct OutputOpeningTests {
    private static let failure = SessionFailure(.outputBufferFailed, "the kernel is busy")

    private func moment(_ milliseconds: UInt64) -> MonotonicTime {
        MonotonicTime(nanoseconds: milliseconds * 1_000_000)
    }

    @Test func whatCouldNotBeOpenedIsTriedAgainUntilItIsOpen() {
        var opening = OutputOpening(of: ["vif3.0", "vif3.1"])
        var tried: [String] = []
        #expect(opening.isDue(at: moment(0)))
        let first = opening.run(at: moment(0)) { (name) throws(SessionFailure) in
            tried.append(name)
            if name == "vif3.0" { throw Self.failure }
        }
        #expect(first == Self.failure)
        #expect(tried == ["vif3.0", "vif3.1"])
        #expect(opening.remaining == ["vif3.0"])
        #expect(!opening.isDue(at: moment(999)))
        #expect(opening.isDue(at: moment(1_000)))
        let second = opening.run(at: moment(1_000)) { (name) throws(SessionFailure) in tried.append(name) }
        #expect(second == nil)
        #expect(tried == ["vif3.0", "vif3.1", "vif3.0"])
        #expect(opening.remaining.isEmpty && !opening.isDue(at: moment(9_000)))
    }

    @Test func aFailureIsToldOnce() {
        var opening = OutputOpening(of: ["vif3.0"])
        var told: [SessionFailure?] = []
        for second in 0..<3 as Range<UInt64> {
            told.append(
                opening.run(at: moment(1_000 * second)) { (_) throws(SessionFailure) in throw Self.failure })
        }
        #expect(told == [Self.failure, nil, nil])
        #expect(opening.remaining == ["vif3.0"])
    }

    @Test func aGuestWhoseOutputWasNeverHeldHasNothingToOpen() {
        #expect(!OutputOpening(of: []).isDue(at: moment(0)))
    }
}
