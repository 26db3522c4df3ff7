import Glibc
import PageTrace
import SystemKit
import TestSupport
import Testing

@Suite struct PageTraceTests {
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    private var file: String { folder.path + "/trace" }

    /// Writes one section of pages that are filled with one byte each.
    private func add(
        _ writer: inout PageTraceWriter, _ kind: PageTraceKind, _ number: UInt64,
        _ pages: [(frame: UInt64, byte: UInt8)]
    ) throws -> Bool {
        let frames = pages.map(\.frame)
        let bytes = pages.flatMap { [UInt8](repeating: $0.byte, count: 4096) }
        return try frames.withUnsafeBufferPointer { frames in
            try bytes.withUnsafeBytes { bytes in
                try writer.add(kind, number: number, nanoseconds: number * 10, frames: frames, pages: bytes)
            }
        }
    }

    private func write(limit: Int = 1 << 20) throws -> [Bool] {
        var writer = try PageTraceWriter(path: file, limit: limit, frames: 100)
        return [
            try add(&writer, .image, 0, [(0, 1), (1, 2), (7, 0)]),
            try add(&writer, .checkpoint, 1, [(1, 2), (7, 9)]),
            try add(&writer, .checkpoint, 2, []),
            try add(&writer, .checkpoint, 3, [(0, 0), (9, 5)]),
        ]
    }

    @Test func sectionsComeBackAsTheyWereWritten() throws {
        #expect(try write() == [true, true, true, true])
        let trace = try PageTraceReader(path: file)
        #expect(trace.count == 4)
        #expect(trace.frames == 100)
        let image = trace.section(0)
        #expect(image.kind == .image && image.number == 0)
        #expect(Array(image.frames) == [0, 1, 7])
        let last = trace.section(3)
        #expect(last.kind == .checkpoint && last.number == 3 && last.nanoseconds == 30)
        #expect(Array(last.frames) == [0, 9])
        #expect(last.pages.count == 2 * 4096 && last.pages[4095] == 0 && last.pages[4096] == 5)
        #expect(Int(bitPattern: last.pages.baseAddress) % 4096 == 0)
        #expect(trace.section(2).frames.isEmpty && trace.section(2).pages.isEmpty)
    }

    @Test func theBoundOfTheFileIsKept() throws {
        // The file's header, the image's section of four blocks, and nothing that does not fit after it.
        #expect(try write(limit: 5 * 4096) == [true, false, false, false])
        #expect(try PageTraceReader(path: file).count == 1)
    }

    @Test func aSectionThatIsCutShortIsLeftOut() throws {
        _ = try write()
        #expect(truncate(file, 9 * 4096) == 0)
        #expect(try PageTraceReader(path: file).count == 3)
    }

    @Test func otherFilesAreRefused() throws {
        _ = try write()
        let descriptor = FileDescriptor(owning: try retrying("open") { open(file, O_WRONLY) })
        try descriptor.writeAll("something else")
        let failure = #expect(throws: PageTraceError.self) { _ = try PageTraceReader(path: file) }
        #expect("\(try #require(failure))".contains("is no page trace"))
        #expect(truncate(file, 0) == 0)
        #expect(throws: PageTraceError.self) { _ = try PageTraceReader(path: file) }
        #expect(throws: PageTraceError.self) { _ = try PageTraceReader(path: file + "-none") }
    }

    @Test func theSummaryCountsWhatEncodingsLiveOn() throws {
        _ = try write()
        let summary = PageTraceSummary(try PageTraceReader(path: file))
        #expect(summary.checkpoints == 3)
        #expect(summary.pages == 4 && summary.mostPages == 2)
        #expect(summary.zeroPages == 1)
        // Frame 1 was written with what it held; frame 9 is not in the image.
        #expect(summary.unchangedPages == 1 && summary.knownPages == 3)
        #expect(summary.changedWords == 512)
        #expect(summary.nanoseconds == 20)
    }
}
