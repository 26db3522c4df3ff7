import CheckpointStream
import Glibc
import PageEncoding
import SystemKit

/// Measures encoding and decoding of a guest's checkpoints on one core, beside a copy of the same pages.
///
/// Each replay is a session: the first copy fills empty caches, then each checkpoint is staged, copied, encoded batch by
/// batch as a lane does it, and decoded. Staging is the capture's work and is not measured here.
struct EncodedPath: ~Copyable {
    private let scheme: BenchmarkScheme
    private let layout: ShardLayout
    private var staged: StagedPages
    private let encoded: AnonymousMemory
    private let decoded: AnonymousMemory
    private let mostBatches: Int

    /// Takes memory for the largest section.
    ///
    /// - Parameters:
    ///   - pages: The pages that will be replayed.
    ///   - scheme: How they are encoded.
    ///   - cacheBytes: The bound of the cache, in bytes.
    /// - Throws: `SystemError` or ``PageEncodingError/layout(_:)``.
    init(_ pages: borrowing some PageSequence & ~Copyable, _ scheme: BenchmarkScheme, cacheBytes: Int) throws {
        var most = 1
        for index in 0..<pages.count { most = max(most, pages.pages(of: index).frames.count) }
        let mostBatches = most / PageBatches.mostPages + 1
        let layout = try ShardLayout(shards: 1, highestFrame: pages.highestFrame, cacheBytes: cacheBytes)
        let staged = try StagedPages(most: most)
        let encoded = try AnonymousMemory(
            reserving: mostBatches * EncodedBatch.maximumSize(pages: PageBatches.mostPages))
        let decoded = try AnonymousMemory(reserving: most * PageSet.pageSize)
        encoded.populate(encoded.bytes.count)
        decoded.populate(decoded.bytes.count)
        self.scheme = scheme
        self.layout = layout
        self.staged = staged
        self.encoded = encoded
        self.decoded = decoded
        self.mostBatches = mostBatches
    }

    /// Replays the pages some times.
    ///
    /// - Parameters:
    ///   - pages: The pages.
    ///   - load: What they are, for people.
    ///   - times: How often; each has a session of its own.
    /// - Returns: What came of it.
    /// - Throws: ``BenchmarkFailure/wrongPages(load:scheme:)`` if other pages come out than went in, and what the parts
    ///   throw.
    mutating func measure(
        _ pages: borrowing some PageSequence & ~Copyable, load: String, times: Int
    ) throws -> EncodedResult {
        var result = EncodedResult(load: load, scheme: scheme, cacheBytes: layout.memoryBytes)
        for _ in 0..<times { try replay(pages, &result) }
        return result
    }

    private mutating func replay(
        _ pages: borrowing some PageSequence & ~Copyable, _ result: inout EncodedResult
    ) throws {
        var replay = EncodedResult.Replay()
        guard scheme != .none else {
            for index in 0..<pages.count where pages.pages(of: index).isCheckpoint {
                try staged.stage(pages.pages(of: index))
                let copy = Step.cost { staged.copy() }
                replay.add(pages.pages(of: index), copy: copy, sent: staged.records.count)
            }
            return result.add(replay)
        }
        var session = try EncodedSession(scheme, layout, batches: mostBatches)
        // All of the first copy is of one epoch, as its first round is.
        var epoch: UInt64 = 1
        for index in 0..<pages.count {
            let section = pages.pages(of: index)
            if section.isCheckpoint {
                if epoch == 1 { replay.before = session.counters }
                epoch += 1
            }
            try staged.stage(section)
            let copy = Step.cost { staged.copy() }
            let encode = try Step.cost { try session.encode(staged.records, epoch: epoch, into: encoded.bytes) }
            let decode = try Step.cost { try session.decode(.init(encoded.bytes), into: decoded.bytes) }
            guard isEqual(section) else {
                throw BenchmarkFailure.wrongPages(load: result.load, scheme: scheme)
            }
            guard section.isCheckpoint else { continue }
            replay.add(section, copy: copy, sent: session.sentBytes)
            replay.encode += encode
            replay.decode += decode
        }
        replay.after = session.counters
        result.add(replay)
    }

    /// Whether the pages decoded last are those of a section.
    private func isEqual(_ section: PageSection) -> Bool {
        guard let source = section.pages.baseAddress, let target = decoded.bytes.baseAddress else { return true }
        return memcmp(source, target, section.pages.count) == 0
    }
}
