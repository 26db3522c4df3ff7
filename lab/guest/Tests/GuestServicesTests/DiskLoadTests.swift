@testable internal import GuestServices
internal import Glibc
internal import GuestSupport
internal import Testing

@Suite struct DiskLoadTests {
    /// A folder with a file that stands for a disk; both end with the test.
    private final class Scratch {
        let folder: String
        var disk: String { "\(folder)/disk" }

        init() throws {
            var template = Array("/var/tmp/disk-load-XXXXXX".utf8CString)
            try #require(mkdtemp(&template) != nil)
            folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let disk = try FileDescriptor(path: disk, access: .buffered, makesFile: true)
            try disk.clear(count: 4 << 20)
        }

        deinit {
            for name in ["disk", "direct", "buffered", "synced"] { unlink("\(folder)/\(name)") }
            rmdir(folder)
        }
    }

    private let scratch: Scratch
    private let load: DiskLoad

    init() throws {
        scratch = try Scratch()
        load = try DiskLoad(folder: scratch.folder, disk: scratch.disk, offset: 0, bytes: 64 << 10, cache: nil)
    }

    /// Waits until so many writes are done.
    private func waitForWrites(_ count: UInt64) {
        let deadline = Clock.monotonic() + 20_000_000_000
        while load.writes < count && Clock.monotonic() < deadline { usleep(1000) }
    }

    @Test func everyCheckUnderLoadIsRight() {
        let filled = load.writes
        load.setRate(5000)
        for round in 1...5 {
            waitForWrites(filled + UInt64(round) * 100)
            let report = load.check()
            #expect(report.isRight, "\(report.line)")
            #expect(report.blocks == 5 * 128)
        }
        load.end()
        #expect(load.close() == nil)
    }

    @Test func nothingIsWrittenWhileItIsClosed() {
        load.setRate(5000)
        waitForWrites(load.writes + 50)
        #expect(load.close() == nil)
        let writes = load.writes
        usleep(50_000)
        #expect(load.writes == writes)
        #expect(load.reopen() == nil)
        waitForWrites(writes + 50)
        let report = load.check()
        #expect(report.isRight, "\(report.line)")
        load.end()
    }

    @Test func damageIsReportedWithItsPlace() {
        #expect(load.corrupt(lane: "file-direct", block: 5) == nil)
        #expect(load.corrupt(lane: "file-direct", block: 128) != nil)
        let report = load.check()
        #expect(report.line.hasPrefix("WRONG blocks=640 "))
        #expect(report.line.contains(" damaged=2 first=file-direct:5"))
        load.end()
    }
}
