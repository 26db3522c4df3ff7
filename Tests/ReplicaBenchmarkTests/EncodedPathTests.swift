import PageEncoding
import PageSamples
import PageTrace
import SystemKit
import TestSupport
import Testing

@testable import ReplicaBenchmark

/// What the benchmark encodes comes out as it went in, by every way of encoding, and is counted.
@Suite struct EncodedPathTests {
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    private static let encoded = BenchmarkScheme.allCases.filter { $0 != .none }

    /// Writes a trace of a guest of 1500 pages: two pieces of the image, then checkpoints.
    private func trace() throws -> PageTraceReader {
        let changes: [PageChange] = [
            .zero, .noise, .text, .sparse(words: 5), .words(3), .words(200), .counters(20), .nothing,
        ]
        var generator = SeededGenerator(seed: 7)
        var memory = [UInt8](repeating: 0, count: 1500 * 4096)
        var writer = try PageTraceWriter(path: folder.path + "/trace", limit: 1 << 28, frames: 1500)
        func add(_ kind: PageTraceKind, _ number: UInt64, _ frames: [Int]) throws {
            let pages = frames.flatMap { memory[$0 * 4096..<($0 + 1) * 4096] }
            let numbers = frames.map(UInt64.init)
            let isAdded = try numbers.withUnsafeBufferPointer { numbers in
                try pages.withUnsafeBytes { pages in
                    try writer.add(kind, number: number, nanoseconds: number, frames: numbers, pages: pages)
                }
            }
            #expect(isAdded)
        }
        func change(_ frame: Int) {
            let change = changes[generator.below(changes.count)]
            memory.withUnsafeMutableBytes {
                change.apply(to: .init(rebasing: $0[frame * 4096..<(frame + 1) * 4096]), &generator)
            }
        }
        for frame in 0..<1500 { change(frame) }
        try add(.image, 0, Array(0..<800))
        try add(.image, 0, Array(800..<1500))
        for number in 1...4 as ClosedRange<UInt64> {
            // One is larger than a record.
            let count = number == 3 ? 1400 : 100
            let frames = Set((0..<count).map { _ in generator.below(1500) }).sorted()
            for frame in frames { change(frame) }
            try add(.checkpoint, number, frames)
        }
        return try PageTraceReader(path: folder.path + "/trace")
    }

    @Test(arguments: encoded) func aTraceComesOutAsItWentIn(scheme: BenchmarkScheme) throws {
        let trace = try trace()
        let summary = PageTraceSummary(trace)
        // The cache holds half of the guest.
        var path = try EncodedPath(trace, scheme, cacheBytes: 3 << 20)
        let result = try path.measure(trace, load: "test", times: 2)
        #expect(result.last.checkpoints == 4)
        #expect(result.last.pages == summary.pages)
        #expect(PageScheme.allCases.reduce(0) { $0 + result.pages($1) } == UInt64(summary.pages))
        #expect(result.ratio > 0.1 && result.ratio < 0.9)
        #expect(result.encode.seconds.count == 2 && result.decode.seconds.count == 2)
        for choice in [PageScheme.zero, .same, .delta, .raw] { #expect(result.pages(choice) > 0, "\(choice)") }
        #expect((result.pages(.lz4) > 0) == (scheme == .auto))
        #expect(result.json.contains("\"scheme\": \"\(scheme)\""))
    }

    @Test func pagesThatAreNotEncodedAreTheirRecords() throws {
        let trace = try trace()
        var path = try EncodedPath(trace, .none, cacheBytes: 0)
        let result = try path.measure(trace, load: "test", times: 1)
        #expect(result.ratio > 1 && result.ratio < 1.01)
        #expect(!result.json.contains("\"encode\""))
    }

    @Test(arguments: encoded) func nothingIsAllocatedForAPage(scheme: BenchmarkScheme) throws {
        let load = try #require(MadeUpLoad.all.first { $0.name == "words-5" })
        let pages = try MadeUpPages(load, pages: 700, checkpoints: 3)
        var path = try EncodedPath(pages, scheme, cacheBytes: 8 << 20)
        let result = try path.measure(pages, load: load.name, times: 2)
        #expect(result.last.pages == 2100)
        #expect(result.encode.allocations == 0)
        // A debug build of Swift asks once for each of the three batches of a checkpoint; a release build does not.
        #expect(result.decode.allocations <= 9)
    }
}
