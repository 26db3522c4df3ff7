import PageSamples
import Testing

@testable import PageEncoding

@Suite struct PageCacheTests {
    /// The cache as anybody would write it who has all the time in the world: the frame used last stands first.
    private struct Model {
        var order: [(frame: UInt32, checkpoint: Int)] = []
        let slots: Int
        var checkpoint = 1

        mutating func use(_ frame: UInt32) -> Bool {
            if let place = order.firstIndex(where: { $0.frame == frame }) {
                order.remove(at: place)
            } else if order.count == slots {
                guard let last = order.last, last.checkpoint != checkpoint else { return false }
                order.removeLast()
            }
            order.insert((frame, checkpoint), at: 0)
            return true
        }
    }

    @Test(arguments: [1, 2, 3, 16, 50]) func keepsTheExactOrderOfUse(slots: Int) throws {
        var cache = try PageCache(Pair.layout(slots: slots))
        var model = Model(slots: slots)
        var generator = SeededGenerator(seed: UInt64(slots))
        for _ in 0..<5000 {
            let frame = UInt32(generator.below(40))
            let found = cache.find(frame)
            #expect((found != nil) == model.order.contains { $0.frame == frame })
            switch generator.below(20) {
            case 0:
                cache.beginCheckpoint()
                model.checkpoint += 1
            case 1...3:
                if let found { cache.remove(found) }
                model.order.removeAll { $0.frame == frame }
            default:
                if let found { cache.touch(found) }
                let place = found ?? cache.insert(frame)
                #expect((place != nil) == model.use(frame))
            }
            let order = cache.snapshot().map(\.frame)
            #expect(order == model.order.map(\.frame))
        }
    }

    @Test func aCheckpointLargerThanTheCacheStillFindsWhatFits() throws {
        let pair = try Pair(Pair.layout(slots: 50))
        let frames = (0..<200).map(UInt64.init)
        for frame in frames { pair.change(frame, .noise) }
        for _ in 0..<4 {
            pair.epoch += 1
            for frame in frames { pair.change(frame, .words(1)) }
            try pair.send(frames)
        }
        #expect(pair.tally(.delta) == 3 * 50, "an exact order of use alone would have found none")
    }

    @Test func makesRoomForWhatIsUsedNow() throws {
        let pair = try Pair(Pair.layout(slots: 10))
        for base in stride(from: UInt64(0), to: 100, by: 10) {
            let frames = (base..<base + 10).map { $0 }
            for frame in frames { pair.change(frame, .noise) }
            pair.epoch += 1
            try pair.send(frames)
            for frame in frames { pair.change(frame, .words(1)) }
            pair.epoch += 1
            let before = pair.tally(.delta)
            try pair.send(frames)
            #expect(pair.tally(.delta) == before + 10)
        }
    }

    @Test func aPageOfZerosGivesItsPlaceBack() throws {
        let pair = try Pair(Pair.layout(slots: 2))
        for frame in [1, 2] as [UInt64] { pair.change(frame, .noise) }
        try pair.send([1, 2])
        pair.change(1, .zero)
        pair.change(3, .noise)
        try pair.send([1, 3])
        let frames = pair.encoder.cache.snapshot().map(\.frame)
        #expect(frames == [3, 2], "frame 3 has the place of frame 1, in the same checkpoint")
    }

    @Test func laysOutWithinTheBoundThatWasGiven() throws {
        for (shards, highest, bytes) in [(1, UInt64(0), 12288), (3, 99_999, 1 << 20), (8, 1 << 20, 64 << 20)] {
            let layout = try ShardLayout(shards: shards, highestFrame: highest, cacheBytes: bytes)
            let kept = shards * layout.slots * 4112
            #expect(kept <= bytes)
            #expect(kept > bytes - shards * (4112 + 1), "no whole place is left over")
            let index = 4 * (Int(highest) + 1)
            #expect(kept + index <= layout.memoryBytes)
            #expect(layout.memoryBytes <= kept + index + shards * 4100, "the index comes on top, in whole pages")
        }
        #expect(throws: PageEncodingError.layout(.shards(0))) {
            _ = try ShardLayout(shards: 0, highestFrame: 1, cacheBytes: 1 << 20)
        }
        #expect(throws: PageEncodingError.layout(.shards(65))) {
            _ = try ShardLayout(shards: 65, highestFrame: 1, cacheBytes: 1 << 20)
        }
        #expect(throws: PageEncodingError.layout(.highestFrame(1 << 32 - 1))) {
            _ = try ShardLayout(shards: 1, highestFrame: 1 << 32 - 1, cacheBytes: 1 << 40)
        }
        #expect(throws: PageEncodingError.layout(.cacheTooSmall(bytes: 8223, needed: 8224))) {
            _ = try ShardLayout(shards: 2, highestFrame: 1023, cacheBytes: 8223)
        }
        #expect(throws: PageEncodingError.layout(.cacheTooLarge(bytes: 1 << 50, limit: 4112 << 24))) {
            _ = try ShardLayout(shards: 1, highestFrame: 1023, cacheBytes: 1 << 50)
        }
    }

    @Test func withoutACacheEveryPageStandsForItself() throws {
        let layout = try ShardLayout(shards: 1, highestFrame: 1000, cacheBytes: 0)
        #expect(layout.slots == 0)
        #expect(layout.memoryBytes == 0)
        let pair = try Pair(layout)
        for frame in 1...3 as ClosedRange<UInt64> { pair.change(frame, .noise) }
        for _ in 0..<3 {
            try pair.send([1, 2, 3, 4])
            pair.epoch += 1
        }
        #expect(pair.tally(.raw) == 9)
        #expect(pair.tally(.zero) == 3)
        #expect(pair.encoder.cache.snapshot().isEmpty)
    }
}
