import Heartbeat
import ReplicaModel
import Testing

@Suite struct AnnouncementScheduleTests {
    @Test func standardBacksOffAndComesAgainLate() {
        #expect(AnnouncementSchedule.standard.times.map(\.rawValue) == [0, 50, 200, 450, 800, 5000, 5050, 5200])
    }

    @Test func gapsGrowToTheLongest() {
        let schedule = AnnouncementSchedule(
            rounds: 9, firstGap: 50, gapStep: 100, longestGap: 300, lateStart: 0, lateRounds: 0)
        let times = schedule.times.map(\.rawValue)
        let gaps = zip(times.dropFirst(), times).map { $0 - $1 }
        #expect(gaps == [50, 150, 250, 300, 300, 300, 300, 300])
    }

    @Test func thereIsAlwaysAFirstRoundAndABound() {
        let none = AnnouncementSchedule(
            rounds: -5, firstGap: 1, gapStep: 0, longestGap: 1, lateStart: 9, lateRounds: -1)
        #expect(none.times == [0])
        let many = AnnouncementSchedule(
            rounds: .max, firstGap: 1, gapStep: 0, longestGap: 1, lateStart: 9, lateRounds: .max)
        #expect(many.times.count == 200)
    }

    @Test func timesAreInOrderThoughTheBurstsOverlap() {
        let schedule = AnnouncementSchedule(
            rounds: 5, firstGap: 50, gapStep: 100, longestGap: 550, lateStart: 100, lateRounds: 3)
        #expect(schedule.times == schedule.times.sorted())
        #expect(schedule.times.count == 8)
    }
}
