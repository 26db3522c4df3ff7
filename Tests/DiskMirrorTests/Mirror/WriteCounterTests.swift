import Glibc
import SystemKit
import TestSupport
import Testing

@testable import DiskMirror

@Suite struct WriteCounterTests {
    private static func mark(_ writes: UInt64, _ discards: UInt64 = 0, inFlight: UInt64 = 0) -> WriteCounter.Mark {
        WriteCounter.Mark(writes: writes, discards: discards, inFlight: inFlight)
    }

    @Test func anIdleDeviceWasNotWritten() {
        #expect(!Self.mark(7, 3).hasWritten(since: Self.mark(7, 3)))
    }

    @Test func aCompletedWriteOrDiscardCounts() {
        #expect(Self.mark(8).hasWritten(since: Self.mark(7)))
        #expect(Self.mark(7, 1).hasWritten(since: Self.mark(7, 0)))
    }

    @Test func aRequestInFlightCountsNowAndWhenItHasCompleted() {
        #expect(Self.mark(7, inFlight: 1).hasWritten(since: Self.mark(7)))
        #expect(Self.mark(8).hasWritten(since: Self.mark(7, inFlight: 1)))
    }

    @Test func theCountersOfADeviceThatCameUpAnewHaveChanged() {
        #expect(Self.mark(0).hasWritten(since: Self.mark(7)))
    }
}

/// The counters as a file, in the form that the kernel gives them.
@Suite struct WriteCounterFileTests {
    private static let before = "    23     0   184   12   447  0  35760  90   0   110  102   5   0   40  0   7  1\n"
    private static let after = "    23     0   184   12   448  0  35768  91   3   111  103   5   0   40  0   8  1\n"

    private static func write(_ text: String, to path: String) throws {
        let file = FileDescriptor(owning: try retrying("open") { open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600) })
        try file.writeAll(text)
    }

    @Test func theSameOpenFileIsReadAnewEachTime() throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/stat"
        try Self.write(Self.before, to: path)
        let counter = try WriteCounter(path: path)
        let first = try counter.mark()
        #expect(first == WriteCounter.Mark(writes: 447, discards: 5, inFlight: 0))
        try Self.write(Self.after, to: path)
        let second = try counter.mark()
        #expect(second == WriteCounter.Mark(writes: 448, discards: 5, inFlight: 3))
        #expect(second.hasWritten(since: first))
    }

    @Test func aFileOfAnotherFormIsRefused() throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/stat"
        try Self.write("1 2 3\n", to: path)
        let counter = try WriteCounter(path: path)
        let failure = #expect(throws: MirrorError.self) { _ = try counter.mark() }
        #expect(failure == .notUnderstood("\(path) with 3 numbers"))
    }

    @Test func aDeviceThatIsNotThereIsToldByItsFile() {
        let failure = #expect(throws: MirrorError.self) { _ = try WriteCounter(path: "/sys/block/none/stat") }
        #expect(
            failure?.description
                == "could not open the write counters /sys/block/none/stat: open: No such file or directory")
    }
}
