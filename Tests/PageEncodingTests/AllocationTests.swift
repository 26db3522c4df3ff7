import CAllocationCount
import PageSamples
import Testing

@testable import PageEncoding

@Suite struct AllocationTests {
    @Test(.enabled(if: Self.counts, "a sanitizer has a heap of its own"))
    func nothingIsAllocatedForAPage() throws {
        let pair = try Pair(Pair.layout(slots: 300))
        let changes: [PageChange] = [
            .zero, .noise, .text, .sparse(words: 5), .sparse(words: 90), .words(5), .counters(60), .pointers(120),
            .nothing,
        ]
        var batch = [UInt8](repeating: 0, count: EncodedBatch.maximumSize(pages: 512))
        var decoded = [UInt8](repeating: 0, count: 512 * 4096)
        var arrived = [UInt64](repeating: 0, count: 512)
        let frames = (0..<512).map(UInt64.init)
        for round in 0..<6 {
            for frame in frames {
                if frame % 10 == 9 {
                    pair.copy(frame - UInt64(1 + round), to: frame)
                } else {
                    pair.change(frame, changes[pair.generator.below(changes.count)])
                }
            }
            pair.epoch += 1
            let pages = pair.contents(frames)
            let allocations = try pages.withUnsafeBytes { pages in
                try batch.withUnsafeMutableBytes { batch in
                    try decoded.withUnsafeMutableBytes { decoded in
                        var list = arrived.mutableSpan
                        let before = rc_test_allocations()
                        let size = try pair.encoder.encode(
                            epoch: pair.epoch, frames: frames.span, pages: pages, into: batch)
                        _ = try pair.decoder.decode(
                            .init(rebasing: batch[..<size]), frames: &list, pages: decoded)
                        return rc_test_allocations() - before
                    }
                }
            }
            // In the first round Swift's runtime may make tables of its own, which it keeps.
            if round > 0 { #expect(allocations == 0) }
            #expect(arrived == frames && decoded == pages)
        }
        for scheme in PageScheme.allCases { #expect(pair.tally(scheme) > 0, "\(scheme) was played") }
    }

    /// Whether the count sees this thread's allocations.
    private static let counts: Bool = {
        let before = rc_test_allocations()
        let array = [UInt8](repeating: UInt8(truncatingIfNeeded: before), count: 100)
        return array.count == 100 && rc_test_allocations() > before
    }()
}
