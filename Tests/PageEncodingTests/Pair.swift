import PageSamples
import Testing

@testable import PageEncoding

/// An encoder and the decoder that it feeds, with the guest's pages on both sides.
final class Pair {
    let layout: ShardLayout
    let shard: Int
    var encoder: PageEncoder
    var decoder: PageDecoder
    var generator: SeededGenerator
    var epoch: UInt64 = 1
    /// The guest's memory, by frame number.
    private(set) var memory: [UInt64: [UInt8]] = [:]

    init(_ layout: ShardLayout, decoder: ShardLayout? = nil, shard: Int = 0, threshold: Int = 512, seed: UInt64 = 1)
        throws
    {
        self.layout = layout
        self.shard = shard
        encoder = try PageEncoder(layout: layout, shard: shard, packingThreshold: threshold)
        self.decoder = try PageDecoder(layout: decoder ?? layout, shard: shard)
        generator = SeededGenerator(seed: seed)
    }

    /// A layout of one shard whose cache holds so many pages.
    static func layout(slots: Int, highestFrame: UInt64 = 1000, shards: Int = 1) throws -> ShardLayout {
        // The index of up to 1024 frames takes a page.
        let layout = try ShardLayout(
            shards: shards, highestFrame: highestFrame, cacheBytes: shards * (4096 + slots * (4096 + 16)))
        try #require(layout.slots == slots)
        return layout
    }

    /// Changes a page of the guest.
    func change(_ frame: UInt64, _ change: PageChange) {
        var page = memory[frame] ?? [UInt8](repeating: 0, count: 4096)
        page.withUnsafeMutableBytes { change.apply(to: $0, &generator) }
        memory[frame] = page
    }

    /// Gives a page of the guest its bytes.
    func set(_ frame: UInt64, _ page: [UInt8]) throws {
        try #require(page.count == 4096)
        memory[frame] = page
    }

    /// Makes a page of the guest hold what another one holds.
    func copy(_ frame: UInt64, to other: UInt64) { memory[other] = memory[frame] }

    /// The pages of frames, one behind the other.
    func contents(_ frames: [UInt64]) -> [UInt8] {
        frames.flatMap { memory[$0] ?? [UInt8](repeating: 0, count: 4096) }
    }

    /// Encodes frames as they are now.
    func encode(_ frames: [UInt64]) throws -> [UInt8] {
        let pages = contents(frames)
        var target = [UInt8](repeating: 0xee, count: EncodedBatch.maximumSize(pages: frames.count) + 64)
        let room = target.count - 64
        let size = try pages.withUnsafeBytes { pages in
            try target.withUnsafeMutableBytes { target in
                try encoder.encode(
                    epoch: epoch, frames: frames.span, pages: pages, into: .init(rebasing: target[..<room]))
            }
        }
        #expect(target[room...].allSatisfy { $0 == 0xee }, "nothing is written behind the room that was given")
        return Array(target[..<size])
    }

    /// Decodes a batch.
    func decode(_ batch: [UInt8]) throws -> (frames: [UInt64], pages: [UInt8]) {
        // Exactly as large as it is, so that a sanitizer sees a byte too much.
        let source = UnsafeMutableRawBufferPointer.allocate(byteCount: batch.count, alignment: 1)
        defer { source.deallocate() }
        source.copyBytes(from: batch)
        let room = (try? EncodedBatch.pages(in: .init(source))) ?? 1
        var pages = [UInt8](repeating: 0xdd, count: room * 4096 + 64)
        var frames = [UInt64](repeating: 0, count: room)
        let count = try pages.withUnsafeMutableBytes { pages in
            var list = frames.mutableSpan
            return try decoder.decode(
                .init(source), frames: &list, pages: .init(rebasing: pages[..<(room * 4096)]))
        }
        #expect(pages[(room * 4096)...].allSatisfy { $0 == 0xdd }, "nothing is written behind the room that was given")
        return (Array(frames[..<count]), Array(pages[..<(count * 4096)]))
    }

    /// Sends frames and looks whether the other side has the same afterwards.
    ///
    /// - Returns: The bytes that went over.
    @discardableResult
    func send(_ frames: [UInt64], _ location: SourceLocation = #_sourceLocation) throws -> Int {
        let own = frames.filter { layout.shard(of: $0) == shard }
        let batch = try encode(frames)
        guard !batch.isEmpty else {
            #expect(own.isEmpty, sourceLocation: location)
            return 0
        }
        let (arrived, pages) = try decode(batch)
        #expect(arrived == own, sourceLocation: location)
        let isRight = pages == contents(own)
        #expect(isRight, "the pages arrive as they were", sourceLocation: location)
        #expect(batch.count <= EncodedBatch.maximumSize(pages: own.count), sourceLocation: location)
        expectSameCaches(location)
        return batch.count
    }

    /// Looks whether both caches hold the same pages in the same order.
    func expectSameCaches(_ location: SourceLocation = #_sourceLocation) {
        let sent = encoder.cache.snapshot()
        let received = decoder.cache.snapshot()
        #expect(sent.map(\.frame) == received.map(\.frame), "both caches keep the same order", sourceLocation: location)
        // Not compared in the expectation itself, which would print them.
        let isSame = sent.map(\.page) == received.map(\.page)
        #expect(isSame, "both caches hold the same bytes", sourceLocation: location)
    }

    /// The schemes used since they were last asked for.
    func tally(_ scheme: PageScheme) -> UInt64 { encoder.counters[scheme].pages }
}
