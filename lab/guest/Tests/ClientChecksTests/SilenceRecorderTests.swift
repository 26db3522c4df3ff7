@testable internal import ClientChecks
internal import Testing

@Suite struct SilenceRecorderTests {
    @Test func sortsByDurationAndKeepsTheLongest() throws {
        var recorder = SilenceRecorder(monotonic: 0, wall: 1000)
        var now: UInt64 = 0
        for duration: UInt64 in [5, 90, 7] + Array(repeating: 1, count: 40) + [30] {
            now += duration
            recorder.bytesArrived(monotonic: now, wall: 1000 + now)
        }
        #expect(recorder.longest.count == SilenceRecorder.capacity)
        #expect(recorder.longest.prefix(4).map(\.duration) == [90, 30, 7, 5])
        let longest = try #require(recorder.longest.first)
        #expect(longest.start == 1005)
        #expect(longest.firstByteAfter == 1095)
    }

    @Test func aSilenceUntilTheEndHasNoByteAfterIt() {
        var recorder = SilenceRecorder(monotonic: 0, wall: 1000)
        recorder.bytesArrived(monotonic: 10, wall: 1010)
        #expect(recorder.current(monotonic: 60) == 50)
        recorder.finish(monotonic: 100)
        #expect(recorder.final == 90)
        let expected = SilenceRecorder.Silence(start: 1010, duration: 90, firstByteAfter: nil)
        #expect(recorder.longest.first == expected)
    }
}
