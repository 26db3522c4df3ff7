@testable internal import GuestServices
internal import Testing

@Suite struct PaceTests {
    /// The answers of a pace with a period of 10 that starts at `start` and is asked at each of `moments`.
    private func turns(start: UInt64, moments: [UInt64]) -> [Bool] {
        var pace = Pace(period: 10, now: start)
        return moments.map { pace.takeTurn(at: $0) }
    }

    @Test func keepsItsPaceWhenServedLate() {
        #expect(turns(start: 0, moments: [9, 13, 19, 20]) == [false, true, false, true])
    }

    @Test func doesNotCatchUpAfterAStandstill() {
        #expect(turns(start: 0, moments: [1000, 1001, 1009, 1010]) == [true, false, false, true])
    }

    @Test func doesNotWaitForAClockThatWentBack() {
        #expect(turns(start: 1000, moments: [100, 109, 110]) == [false, false, true])
    }
}
