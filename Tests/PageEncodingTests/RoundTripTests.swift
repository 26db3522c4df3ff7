import PageSamples
import Testing

@testable import PageEncoding

@Suite struct RoundTripTests {
    /// What a step of a random guest may do to a page.
    private static let changes: [PageChange] = [
        .zero, .noise, .text, .sparse(words: 3), .sparse(words: 60), .words(1), .words(5), .words(26), .words(128),
        .words(300), .words(2000), .counters(4), .counters(400), .pointers(40), .pointers(200), .shifted(bytes: 8),
        .shifted(bytes: 3), .pattern, .nothing,
    ]

    @Test(arguments: [1, 2, 7, 40, 300], [0, 512, 4096])
    func bringsLongRandomHistoriesOver(slots: Int, threshold: Int) throws {
        let pair = try Pair(Pair.layout(slots: slots), threshold: threshold, seed: UInt64(slots * 7919 + threshold))
        for _ in 0..<100 { try step(pair, frames: 60) }
        for scheme in PageScheme.allCases where slots > 2 && !(threshold == 4096 && scheme == .deltaLZ4) {
            #expect(pair.tally(scheme) > 0, "\(scheme) was played")
        }
    }

    @Test(arguments: 0..<3) func bringsTheFramesOfOneShardOver(shard: Int) throws {
        let pair = try Pair(Pair.layout(slots: 9, shards: 3), shard: shard, seed: UInt64(shard))
        for _ in 0..<100 { try step(pair, frames: 90) }
        #expect(pair.tally(.delta) > 0)
    }

    @Test func theThresholdMayChangeAtAnyTime() throws {
        let pair = try Pair(Pair.layout(slots: 20), seed: 8)
        for round in 0..<40 {
            pair.encoder.packingThreshold = [0, 4096, 100, 1000][round % 4]
            try step(pair, frames: 30)
        }
        #expect(pair.tally(.deltaLZ4) > 0 && pair.tally(.delta) > 0)
    }

    @Test func takesFramesInAnyOrderAndTwice() throws {
        let pair = try Pair(Pair.layout(slots: 5))
        for frame in [900, 3, 3, 1000, 0] as [UInt64] { pair.change(frame, .text) }
        try pair.send([900, 3, 3, 1000, 0, 0, 900])
        pair.change(3, .words(2))
        try pair.send([1000, 3, 0, 3])
    }

    @Test func takesTheLargestBatchAndTheHighestFrames() throws {
        let layout = try ShardLayout(
            shards: 64, highestFrame: (1 << 26) + 63, cacheBytes: 64 * 4112 * 100)
        let pair = try Pair(layout, shard: 63)
        let frames = (0..<1024).map { UInt64(1 << 26) + 63 - UInt64($0) * 64 }
        for frame in frames { pair.change(frame, .noise) }
        let size = try pair.send(frames)
        #expect(size > 1024 * 4096)
        for frame in frames { pair.change(frame, .words(1)) }
        pair.epoch += 1
        try pair.send(frames)
        #expect(pair.tally(.delta) == 100)
    }

    @Test func neverTakesMoreThanThePageAndAFewBytes() throws {
        let pair = try Pair(Pair.layout(slots: 8), threshold: 0)
        for count in 0..<600 {
            pair.change(1, .words(count))
            #expect(try pair.send([1]) <= 32 + 1 + 5 + 4096)
            pair.change(2, .sparse(words: count))
            #expect(try pair.send([2]) <= 32 + 1 + 5 + 4096)
        }
    }

    /// Changes some pages of the guest and sends them in one or more batches of the next epoch.
    private func step(_ pair: Pair, frames: Int) throws {
        var dirty: Set<UInt64> = []
        for _ in 0...pair.generator.below(24) {
            let frame = UInt64(pair.generator.below(frames))
            if pair.generator.below(12) == 0 {
                pair.copy(UInt64(pair.generator.below(frames)), to: frame)
            } else {
                pair.change(frame, Self.changes[pair.generator.below(Self.changes.count)])
            }
            dirty.insert(frame)
        }
        let order = dirty.sorted()
        let middle = order.count / 2
        pair.epoch += UInt64(pair.generator.below(3))
        if middle > 0 { try pair.send(Array(order[..<middle])) }
        try pair.send(Array(order[middle...]))
    }
}
