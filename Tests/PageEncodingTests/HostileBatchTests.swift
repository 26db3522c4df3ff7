import PageSamples
import Testing

@testable import PageEncoding

@Suite struct HostileBatchTests {
    /// A pair that has sent some pages, and a batch with every scheme that it would send next.
    private static func scene() throws -> (pair: Pair, batch: [UInt8]) {
        let pair = try Pair(Pair.layout(slots: 8), threshold: 64, seed: 42)
        pair.change(1, .pattern)
        pair.change(2, .noise)
        pair.change(3, .noise)
        pair.change(4, .sparse(words: 3))
        _ = try pair.decode(pair.encode([1, 2, 3, 4]))
        pair.epoch += 1
        pair.change(1, .zero)
        pair.change(3, .words(4))
        pair.change(4, .pointers(25))
        pair.change(6, .sparse(words: 3))
        pair.change(7, .pattern)
        pair.copy(2, to: 900)
        let batch = try pair.encode([1, 2, 3, 4, 6, 7, 900])
        for scheme in [PageScheme.zero, .same, .delta, .deltaLZ4, .sparse, .lz4, .duplicate] {
            try #require(pair.tally(scheme) > 0)
        }
        return (pair, batch)
    }

    /// The decoder of a pair that is at the same point, for one attempt.
    private static func attempt(_ batch: [UInt8]) throws -> (frames: [UInt64], pages: [UInt8]) {
        try scene().pair.decode(batch)
    }

    @Test func refusesEveryTruncation() throws {
        let batch = try Self.scene().batch
        for length in 0..<batch.count {
            #expect(throws: PageEncodingError.self) { try Self.attempt(Array(batch[..<length])) }
            guard length >= EncodedBatch.headerSize else { continue }
            // And one whose header says so.
            var short = Array(batch[..<length])
            let body = UInt32(length - EncodedBatch.headerSize)
            for index in 0..<4 { short[4 + index] = UInt8(truncatingIfNeeded: body >> (8 * UInt32(index))) }
            #expect(throws: PageEncodingError.self) { try Self.attempt(short) }
        }
    }

    @Test func refusesBytesBehindTheLastPage() throws {
        var batch = try Self.scene().batch
        batch.append(0)
        #expect(throws: PageEncodingError.self) { try Self.attempt(batch) }
        batch[4] &+= 1
        try #require(batch[4] != 0)
        #expect(throws: PageEncodingError.entry(number: 7, fault: .trailingBytes)) { try Self.attempt(batch) }
    }

    @Test func refusesEveryFlippedBit() throws {
        let (good, batch) = try Self.scene()
        let pages = good.contents([1, 2, 3, 4, 6, 7, 900])
        var harmless = 0
        for bit in 0..<batch.count * 8 {
            var wrong = batch
            wrong[bit / 8] ^= 1 << UInt8(bit % 8)
            do {
                // A higher epoch, or another way to write the same bytes: the contents are right nevertheless.
                let result = try Self.attempt(wrong)
                #expect(result.pages == pages && result.frames == [1, 2, 3, 4, 6, 7, 900])
                harmless += 1
            } catch is PageEncodingError {}
        }
        #expect(harmless < 100, "the epoch's bits and little more")
    }

    @Test(arguments: 0..<400) func survivesNoise(seed: UInt64) throws {
        var (pair, batch) = try Self.scene()
        var generator = SeededGenerator(seed: seed)
        for _ in 0...generator.below(30) {
            let place = 32 + generator.below(batch.count - 32)
            batch[place] = UInt8(truncatingIfNeeded: generator.next())
        }
        #expect(throws: PageEncodingError.self) { try pair.decode(batch) }
        #expect(throws: PageEncodingError.failedBefore, "the caches are no longer the same") { try pair.decode(batch) }
    }

    @Test func refusesABatchOfAnotherPlaceInTheOrder() throws {
        let (pair, batch) = try Self.scene()
        var later = batch
        later[8] = 3
        #expect(throws: PageEncodingError.header(.number(3, expected: 2))) { try Self.attempt(later) }
        var other = batch
        other[0] = 1
        #expect(throws: PageEncodingError.header(.shard(1))) { try Self.attempt(other) }
        var older = batch
        older[16] = 0
        #expect(throws: PageEncodingError.epochWentBack(epoch: 0, last: 1)) { try Self.attempt(older) }
        _ = try pair.decode(batch)
        #expect(throws: PageEncodingError.header(.number(2, expected: 3))) { try pair.decode(batch) }
    }

    @Test(
        arguments: [
            ([0x10], EntryFault.scheme(0)), ([0x19], .scheme(9)), ([], .truncated), ([0x01], .truncated),
            ([0x01, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00], .number), ([0x01, 0xff, 0xff, 0xff, 0xff, 0x0f], .frame),
            ([0x01, 0xff, 0x0f], .frame), ([0x01, 1], .frame), ([0x12], .notCached), ([0x17, 2], .notCached),
            ([0x17, 1], .notCached), ([0x17, 3], .frame), ([0x17, 0xe0, 0x10], .frame), ([0x13, 0, 0], .notCached),
            ([0x16, 0, 0], .block),
            ([0x16, 1, 0, 0], .notCached), ([0x15, 0, 0], .block), ([0x15, 2, 0, 0x10, 0x41], .block),
            ([0x15, 0x01, 0x10], .number), ([0x15, 0x01, 0x20], .number), ([0x18, 1, 2, 3], .truncated),
            ([0x14, 4, 0, 1, 2, 3], .truncated), ([0x14, 0, 0], .delta),
            ([0x14, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0], .delta),
        ] as [([UInt8], EntryFault)]) func namesWhatIsWrongWithAPage(entry: [UInt8], fault: EntryFault) throws
    {
        let pair = try Pair(Pair.layout(slots: 2))
        var batch = [UInt8](repeating: 0, count: 32)
        batch[2] = 1
        batch[4] = UInt8(entry.count)
        batch[8] = 1
        #expect(throws: PageEncodingError.entry(number: 0, fault: fault)) { try pair.decode(batch + entry) }
    }

    @Test func findsAHostWhoseCacheIsAnother() throws {
        // A smaller cache on the other side: a wrong page must not come out, in no case.
        let pair = try Pair(Pair.layout(slots: 20), decoder: Pair.layout(slots: 19), seed: 3)
        let frames = (0..<40).map(UInt64.init)
        let failure = #expect(throws: PageEncodingError.self) {
            for _ in 0..<50 {
                pair.epoch += 1
                for frame in frames { pair.change(frame, .words(2)) }
                let batch = try pair.encode(frames)
                #expect(try pair.decode(batch).pages == pair.contents(frames))
            }
        }
        #expect(failure != nil)
    }

    @Test func findsAByteThatChangedInACache() throws {
        let pair = try Pair(Pair.layout(slots: 4))
        pair.change(1, .noise)
        try pair.send([1])
        let place = pair.decoder.cache.find(1)
        let slot = try #require(place)
        pair.decoder.cache.page(slot).storeBytes(of: 0, toByteOffset: 77, as: UInt8.self)
        pair.change(1, .words(1))
        let batch = try pair.encode([1])
        #expect(throws: PageEncodingError.contentsDiffer(batch: 2)) { try pair.decode(batch) }
    }

    @Test func asksForRoomBeforeItDecodes() throws {
        let (pair, batch) = try Self.scene()
        var frames = [UInt64](repeating: 0, count: 6)
        let pages = UnsafeMutableRawBufferPointer.allocate(byteCount: 7 * 4096, alignment: 8)
        defer { pages.deallocate() }
        #expect(throws: PageEncodingError.noRoom(needed: 7 * 4096, available: 6 * 4096)) {
            try batch.withUnsafeBytes { batch in
                var list = frames.mutableSpan
                _ = try pair.decoder.decode(batch, frames: &list, pages: pages)
            }
        }
    }
}
