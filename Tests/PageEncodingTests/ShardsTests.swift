import PageSamples
import Testing

@testable import PageEncoding

@Suite struct ShardsTests {
    /// A batch's pages by frame.
    private typealias Arrived = [UInt64: [UInt8]]

    @Test func shardsWorkAtTheSameTimeAndMissNothing() async throws {
        let layout = try Pair.layout(slots: 40, highestFrame: 2000, shards: 4)
        let encoders = try PageEncoderShards(layout: layout)
        let decoders = try PageDecoderShards(layout: layout)
        // Only to hold a guest's memory.
        let guest = try Pair(layout)
        for epoch in 1...20 as ClosedRange<UInt64> {
            let frames = (0..<300).map { _ in UInt64(guest.generator.below(2001)) }
            let dirty = Array(Set(frames)).sorted()
            for frame in dirty { guest.change(frame, guest.generator.below(3) == 0 ? .text : .words(3)) }
            let pages = guest.contents(dirty)
            encoders.tune(packingThreshold: epoch % 2 == 0 ? 0 : 4096)
            let arrived = try await withThrowingTaskGroup(of: Arrived.self) { group in
                for shard in 0..<layout.shards {
                    group.addTask { try Self.pass(shard, epoch, dirty, pages, encoders, decoders) }
                }
                var all: Arrived = [:]
                for try await part in group { all.merge(part) { _, _ in [] } }
                return all
            }
            #expect(arrived.keys.sorted() == dirty)
            for frame in dirty { #expect(arrived[frame] == guest.memory[frame]) }
        }
        #expect(encoders.counters.pages == decoders.counters.pages)
        #expect(encoders.counters.encodedBytes == decoders.counters.encodedBytes)
        #expect(encoders.counters[.delta].pages > 0)
    }

    @Test func aBatchOfAShardThatIsNotThereIsRefused() throws {
        let decoders = try PageDecoderShards(layout: Pair.layout(slots: 2, shards: 2))
        var batch = [UInt8](repeating: 0, count: 33)
        (batch[0], batch[2], batch[4], batch[8], batch[32]) = (2, 1, 1, 1, 0x11)
        #expect(throws: PageEncodingError.header(.shard(2))) {
            try batch.withUnsafeBytes { batch in
                var frames: [UInt64] = [0]
                var list = frames.mutableSpan
                _ = try decoders.decode(batch, frames: &list, pages: .init(start: nil, count: 0))
            }
        }
    }

    private static func pass(
        _ shard: Int, _ epoch: UInt64, _ dirty: [UInt64], _ pages: [UInt8], _ encoders: PageEncoderShards,
        _ decoders: PageDecoderShards
    ) throws -> Arrived {
        var batch = [UInt8](repeating: 0, count: EncodedBatch.maximumSize(pages: dirty.count))
        let size = try pages.withUnsafeBytes { pages in
            try batch.withUnsafeMutableBytes { batch in
                try encoders.encode(shard: shard, epoch: epoch, frames: dirty.span, pages: pages, into: batch)
            }
        }
        guard size > 0 else { return [:] }
        var frames = [UInt64](repeating: 0, count: dirty.count)
        var decoded = [UInt8](repeating: 0, count: dirty.count * 4096)
        let count = try batch.withUnsafeBytes { batch in
            try decoded.withUnsafeMutableBytes { decoded in
                var list = frames.mutableSpan
                return try decoders.decode(.init(rebasing: batch[..<size]), frames: &list, pages: decoded)
            }
        }
        var arrived: Arrived = [:]
        for index in 0..<count { arrived[frames[index]] = Array(decoded[index * 4096..<(index + 1) * 4096]) }
        return arrived
    }
}
