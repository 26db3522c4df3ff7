import Glibc
import PageEncoding
import PageSamples
import SystemKit

/// Measures one load: copying, encoding and decoding the same pages, in turn.
///
/// Time is the processor time of this thread, so that other work on the host slows the caches and not the clock.
struct Benchmark: ~Copyable {
    private static let pageSize = 4096

    private let load: Load
    private let options: BenchmarkOptions
    // Two versions of every page; the checkpoints go to and fro between them.
    private let first: AnonymousMemory
    private let second: AnonymousMemory
    private let encoded: AnonymousMemory
    private let decoded: AnonymousMemory
    private var sizes: [Int]
    private var encoder: PageEncoder
    private var decoder: PageDecoder

    init(_ load: Load, _ options: BenchmarkOptions) throws {
        let bytes = options.pages * Self.pageSize
        let batches = (options.pages + options.batch - 1) / options.batch
        // Room for every page and the index.
        let layout = try ShardLayout(
            shards: 1, highestFrame: UInt64(options.pages - 1),
            cacheBytes: (options.pages + 1) * (Self.pageSize + 16 + 4))
        let first = try AnonymousMemory(reserving: bytes)
        let second = try AnonymousMemory(reserving: bytes)
        let encoded = try AnonymousMemory(reserving: batches * EncodedBatch.maximumSize(pages: options.batch))
        let decoded = try AnonymousMemory(reserving: bytes)
        let encoder = try PageEncoder(layout: layout, shard: 0, packingThreshold: options.packingThreshold)
        let decoder = try PageDecoder(layout: layout, shard: 0)
        var generator = SeededGenerator(seed: 1)
        for offset in stride(from: 0, to: bytes, by: Self.pageSize) {
            let page = UnsafeMutableRawBufferPointer(rebasing: first.bytes[offset..<offset + Self.pageSize])
            let next = UnsafeMutableRawBufferPointer(rebasing: second.bytes[offset..<offset + Self.pageSize])
            load.start.apply(to: page, &generator)
            next.copyMemory(from: .init(page))
            load.change.apply(to: next, &generator)
        }
        encoded.populate(encoded.bytes.count)
        decoded.populate(bytes)
        self.load = load
        self.options = options
        self.first = first
        self.second = second
        self.encoded = encoded
        self.decoded = decoded
        self.encoder = encoder
        self.decoder = decoder
        sizes = Array(repeating: 0, count: batches)
    }

    consuming func run() throws -> BenchmarkResult {
        // Fills the caches; the second leaves every page as it will be found.
        for epoch in 1...2 as ClosedRange<UInt64> { try pass(epoch) }
        let before = encoder.counters
        var (copying, encoding, decoding): ([Double], [Double], [Double]) = ([], [], [])
        for run in 0..<options.runs {
            let epoch = UInt64(3 + run)
            encoding.append(try Self.time { try encode(epoch) })
            decoding.append(try Self.time { try decode() })
            guard let source = pages(epoch).baseAddress, let target = decoded.bytes.baseAddress,
                memcmp(source, target, decoded.bytes.count) == 0
            else { throw BenchmarkFailure.wrongPages(load.name) }
            // Last, as it puts the right pages where the decoded ones are looked for.
            copying.append(Self.time { copy(epoch) })
        }
        let gigabytes = Double(options.pages * Self.pageSize) / 1e9
        return BenchmarkResult(
            load: load.name, copy: gigabytes / Self.median(copying), encode: gigabytes / Self.median(encoding),
            decode: gigabytes / Self.median(decoding), before: before, after: encoder.counters)
    }

    private func pages(_ epoch: UInt64) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(epoch % 2 == 1 ? first.bytes : second.bytes)
    }

    private mutating func pass(_ epoch: UInt64) throws {
        try encode(epoch)
        try decode()
    }

    private func copy(_ epoch: UInt64) { decoded.bytes.copyMemory(from: pages(epoch)) }

    private mutating func encode(_ epoch: UInt64) throws {
        let source = pages(epoch)
        let frames = [UInt64](unsafeUninitializedCapacity: options.pages) { buffer, count in
            for frame in 0..<options.pages { buffer[frame] = UInt64(frame) }
            count = options.pages
        }
        var offset = 0
        for index in sizes.indices {
            let range = index * options.batch..<min(options.pages, (index + 1) * options.batch)
            let bytes = range.lowerBound * Self.pageSize..<range.upperBound * Self.pageSize
            sizes[index] = try encoder.encode(
                epoch: epoch, frames: frames.span.extracting(range), pages: .init(rebasing: source[bytes]),
                into: .init(rebasing: encoded.bytes[offset...]))
            offset += sizes[index]
        }
    }

    private mutating func decode() throws {
        var frames = [UInt64](repeating: 0, count: options.batch)
        var (offset, page) = (0, 0)
        for size in sizes {
            var list = frames.mutableSpan
            let count = try decoder.decode(
                .init(rebasing: encoded.bytes[offset..<offset + size]), frames: &list,
                pages: .init(rebasing: decoded.bytes[(page * Self.pageSize)...]))
            offset += size
            page += count
        }
    }

    private static func time(_ work: () throws -> Void) rethrows -> Double {
        let start = processorTime()
        try work()
        return processorTime() - start
    }

    private static func processorTime() -> Double {
        var now = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
    }

    private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}

/// What a benchmark cannot go on with.
enum BenchmarkFailure: Error {
    /// Other pages came out than went in.
    case wrongPages(String)
}
