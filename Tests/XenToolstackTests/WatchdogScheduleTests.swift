import ReplicaModel
import Testing
import XenToolstack

@Suite struct WatchdogScheduleTests {
    private func time(_ milliseconds: UInt64) -> MonotonicTime {
        MonotonicTime(nanoseconds: milliseconds * 1_000_000)
    }

    @Test func kicksFourTimesInTheWatchdogsTime() {
        var schedule = WatchdogSchedule(seconds: 4, armedAt: time(10_000))
        #expect(!schedule.isDue(at: time(10_000)) && !schedule.isDue(at: time(10_999)))
        #expect(schedule.isDue(at: time(11_000)) && schedule.isDue(at: time(99_000)))
        #expect(schedule.firesAt == time(14_000))
        schedule.noteKick(at: time(11_200))
        #expect(schedule.nextKick == time(12_200) && schedule.firesAt == time(15_200))
    }

    @Test(arguments: [HypervisorWatchdog.secondsRange.lowerBound, 10, HypervisorWatchdog.secondsRange.upperBound])
    func aLoopThatLooksInTimeNeverLetsItFire(seconds: UInt32) {
        var schedule = WatchdogSchedule(seconds: seconds, armedAt: time(0))
        let step = schedule.interval.rawValue / 3 + 1
        for now in stride(from: 0, to: UInt64(seconds) * 20_000, by: UInt64.Stride(step)) {
            #expect(time(now) < schedule.firesAt)
            if schedule.isDue(at: time(now)) { schedule.noteKick(at: time(now)) }
        }
    }

    @Test func threeMissedKicksDoNoHarmAndAFourthDoes() {
        let schedule = WatchdogSchedule(seconds: 2, armedAt: time(0))
        #expect(schedule.nextKick + Milliseconds(rawValue: schedule.interval.rawValue * 2) < schedule.firesAt)
        #expect(schedule.nextKick + Milliseconds(rawValue: schedule.interval.rawValue * 3) >= schedule.firesAt)
    }

    @Test func anOlderKickDoesNotCount() {
        var schedule = WatchdogSchedule(seconds: 4, armedAt: time(10_000))
        schedule.noteKick(at: time(9_000))
        #expect(schedule.firesAt == time(14_000))
    }
}
