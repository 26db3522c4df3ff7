import PageSamples
import Testing

@testable import PageEncoding

@Suite struct PageSchemeTests {
    @Test func writesEveryByteAsDocumented() throws {
        let pair = try Pair(Pair.layout(slots: 4))
        pair.epoch = 0x0102
        pair.change(3, .zero)
        let zeros = try pair.encode([3, 19])
        // Shard, pages, body bytes, number, epoch; zeros have the sum of their frames alone.
        #expect(
            Array(zeros[..<24]) == [0, 0, 2, 0, 3, 0, 0, 0] + [1, 0, 0, 0, 0, 0, 0, 0] + [2, 1, 0, 0, 0, 0, 0, 0])
        // Frame 3 is a step of 3; frame 19 is 16 further, which is too far for the first byte: 32 with the sign.
        #expect(Array(zeros[32...]) == [0x31, 0x01, 32])
        _ = try pair.decode(zeros)

        pair.change(3, .words(1))
        var words = try pair.encode([3])
        _ = try pair.decode(words)
        #expect(words[32] == 0x34, "one word in a page of zeros is sparse")
        let place = words[35..<43].firstIndex { $0 != 0 }
        #expect(place != nil)
        #expect(words[33] == UInt8(words.count - 35) && words[34] == 0)

        // Word 9, the second of line 1, changes in its second and third byte.
        var page = pair.contents([3])
        page[9 * 8 + 1] ^= 0x55
        page[9 * 8 + 2] ^= 0xaa
        try pair.set(3, page)
        words = try pair.encode([3])
        #expect(Array(words[32...]) == [0x33, 12, 0] + [2, 0, 0, 0, 0, 0, 0, 0] + [2] + [1 << 3 | 1] + [0x55, 0xaa])
        _ = try pair.decode(words)

        words = try pair.encode([3, 2])
        #expect(Array(words[32...]) == [0x32, 0x01, 1], "an unchanged page, and a step back of one")
        _ = try pair.decode(words)
        pair.copy(3, to: 40)
        words = try pair.encode([40])
        #expect(Array(words[32...]) == [0x07, 80, 73], "frame 40, as frame 3, which is 37 before")
        _ = try pair.decode(words)
        pair.expectSameCaches()
    }

    @Test(arguments: [
        (PageChange.zero, PageScheme.zero), (.noise, .raw), (.text, .lz4), (.sparse(words: 5), .sparse),
        (.pattern, .lz4),
    ]) func choosesForANewPage(change: PageChange, scheme: PageScheme) throws {
        let pair = try Pair(Pair.layout(slots: 4))
        pair.change(1, change)
        try pair.send([1])
        #expect(pair.tally(scheme) == 1)
    }

    @Test(arguments: [
        (PageChange.nothing, PageScheme.same), (.words(5), .delta), (.counters(60), .delta), (.zero, .zero),
        (.pointers(120), .deltaLZ4), (.noise, .raw), (.text, .lz4), (.words(150), .deltaLZ4),
    ]) func choosesForAKnownPage(change: PageChange, scheme: PageScheme) throws {
        let pair = try Pair(Pair.layout(slots: 4))
        pair.change(1, .noise)
        try pair.send([1])
        pair.change(1, change)
        let before = pair.tally(scheme)
        try pair.send([1])
        #expect(pair.tally(scheme) == before + 1)
    }

    @Test func sendsContentsThatAnotherFrameHasAsAReference() throws {
        let pair = try Pair(Pair.layout(slots: 4))
        for frame in [1, 2] as [UInt64] { pair.change(frame, .noise) }
        try pair.send([1, 2])
        pair.copy(1, to: 2)
        pair.copy(1, to: 3)
        #expect(try pair.send([2, 3]) < 32 + 8, "a page that was known and one that was not")
        #expect(pair.tally(.duplicate) == 2)
        // What it was copied from changes: the copies are no longer found there.
        for frame in [1, 2, 3] as [UInt64] { pair.change(frame, .noise) }
        pair.copy(3, to: 1)
        try pair.send([1, 2, 3])
    }

    @Test func countsPagesAndBytes() throws {
        let pair = try Pair(Pair.layout(slots: 4))
        pair.change(1, .noise)
        pair.change(2, .text)
        var bytes = try pair.send([0, 1, 2])
        pair.change(1, .words(3))
        bytes += try pair.send([1, 2])
        #expect(pair.encoder.counters.pages == 5)
        #expect(pair.encoder.counters.plainBytes == 5 * 4096)
        #expect(pair.encoder.counters.encodedBytes == UInt64(bytes))
        #expect(pair.encoder.counters[.raw] == .init(pages: 1, bytes: 4097))
        for scheme in PageScheme.allCases {
            #expect(pair.encoder.counters[scheme] == pair.decoder.counters[scheme], "both sides count the same")
        }
        var sum = pair.encoder.counters
        sum += pair.decoder.counters
        #expect(sum.batches == 4 && sum.encodedBytes == 2 * UInt64(bytes))
    }

    @Test func refusesWhatCannotBeEncodedAndGoesOn() throws {
        let pair = try Pair(Pair.layout(slots: 4, highestFrame: 9))
        pair.change(1, .text)
        pair.epoch = 5
        try pair.send([1])
        #expect(throws: PageEncodingError.frameTooHigh(frame: 10, highest: 9)) { try pair.encode([1, 10]) }
        #expect(throws: PageEncodingError.pageCount(frames: 0, bytes: 0)) { try pair.encode([]) }
        #expect(throws: PageEncodingError.pageCount(frames: 1025, bytes: 1025 * 4096)) {
            try pair.encode([UInt64](repeating: 1, count: 1025))
        }
        pair.epoch = 4
        #expect(throws: PageEncodingError.epochWentBack(epoch: 4, last: 5)) { try pair.encode([1]) }
        pair.epoch = 5
        let page = pair.contents([1])
        var small = [UInt8](repeating: 0, count: EncodedBatch.maximumSize(pages: 1) - 1)
        #expect(throws: PageEncodingError.noRoom(needed: small.count + 1, available: small.count)) {
            try page.withUnsafeBytes { page in
                try small.withUnsafeMutableBytes { small in
                    _ = try pair.encoder.encode(epoch: 5, frames: ([1] as [UInt64]).span, pages: page, into: small)
                }
            }
        }
        pair.change(1, .words(2))
        try pair.send([1])
    }
}
