import PageSamples
import Testing

@testable import PageEncoding

@Suite struct ContentDigestTests {
    @Test(arguments: [PageChange.zero, .noise]) func differsForEveryBitOfAPage(change: PageChange) {
        let page = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 8)
        defer { page.deallocate() }
        var generator = SeededGenerator(seed: 4)
        change.apply(to: page, &generator)
        guard let start = UnsafeRawPointer(page.baseAddress) else { return }
        let before = ContentDigest.of(start, thenNeeding: (start, start))
        for bit in 0..<4096 * 8 where bit % 64 > 55 || bit % 61 == 0 {
            page[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(ContentDigest.of(start, thenNeeding: (start, start)) != before, "bit \(bit)")
            page[bit / 8] ^= 1 << UInt8(bit % 8)
        }
    }

    @Test func countsTheOrderAndTheFrames() {
        let sums: [[(UInt64, UInt64)]] = [
            [(1, 1), (2, 2)], [(2, 2), (1, 1)], [(1, 2), (2, 1)], [(1, 1)], [(1, 1), (2, 2), (0, 0)],
        ]
        let values = sums.map { pages in
            var digest = ContentDigest()
            for (page, frame) in pages { digest.add(page, frame: frame) }
            return digest.value
        }
        #expect(Set(values).count == values.count)
    }
}
