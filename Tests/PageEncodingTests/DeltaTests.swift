import Glibc
import PageSamples
import Testing

@testable import PageEncoding

@Suite struct DeltaTests {
    @Test func findsEveryByteOfAPage() throws {
        var scratch = DeltaScratch()
        let (old, new) = (UnsafeMutableRawPointer.allocate(byteCount: 4096, alignment: 8), SamplePage())
        defer { old.deallocate() }
        for place in 0..<4096 {
            memcpy(old, new.start, 4096)
            new.start.storeBytes(of: new.byte(place) ^ 0x80, toByteOffset: place, as: UInt8.self)
            let delta = try Self.delta(&scratch, new.start, old)
            #expect(delta.count == 8 + 1 + 1 + 1)
            #expect(new.equals(old), "the page that was compared with is brought up to date")
            new.start.storeBytes(of: new.byte(place) ^ 0x80, toByteOffset: place, as: UInt8.self)
            #expect(Self.apply(delta, to: old) && new.equals(old), "the same delta leads back, as it is a difference")
        }
    }

    @Test func bringsWordsOverThatChangeInAnyOfTheirBytes() throws {
        var scratch = DeltaScratch()
        let (old, kept, new) = (SamplePage(), SamplePage(), SamplePage())
        var generator = SeededGenerator(seed: 5)
        for low in 0..<8 {
            for high in low..<8 {
                let mask = (UInt64.max << UInt64(low * 8)) & (UInt64.max >> UInt64(56 - high * 8))
                for _ in 0..<20 {
                    memcpy(old.start, new.start, 4096)
                    memcpy(kept.start, new.start, 4096)
                    for _ in 0..<generator.below(300) {
                        let place = generator.below(512) * 8
                        let word = new.start.load(fromByteOffset: place, as: UInt64.self) ^ generator.next() & mask
                        new.start.storeBytes(of: word, toByteOffset: place, as: UInt64.self)
                    }
                    guard memcmp(new.start, old.start, 4096) != 0 else { continue }
                    let delta = try Self.delta(&scratch, new.start, old.start)
                    #expect(Self.apply(delta, to: kept.start) && new.equals(kept.start))
                }
            }
        }
    }

    @Test func givesUpWhatIsNotWorthItAndStillUpdates() {
        var scratch = DeltaScratch()
        let (old, new) = (SamplePage(), SamplePage())
        PageChange.noise.apply(to: .init(start: new.start, count: 4096), &old.generator)
        scratch.compareAndUpdate(new.start, last: old.start)
        #expect(scratch.size == nil && !scratch.isEmpty)
        #expect(new.equals(old.start))
    }

    @Test func refusesADeltaThatBreaksItsRules() {
        let page = SamplePage()
        let before = page.bytes
        let line: [UInt8] = [1, 0, 0, 0, 0, 0, 0, 0]
        let wrong: [[UInt8]] = [
            [], [1, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0], line, line + [0], line + [1], line + [1, 0],
            line + [1, 1, 5], line + [1, 0, 5, 5], line + [1, 0x40, 5], line + [1, 0x80, 5],
            line + [1, 7 << 3 | 1, 5, 5], line + [3, 0, 5], [UInt8](repeating: 0xff, count: 8),
            [UInt8](repeating: 0xff, count: 4000),
        ]
        for delta in wrong { #expect(!Self.apply(delta, to: page.start), "\(delta)") }
        #expect(page.bytes == before, "nothing was written")
        #expect(Self.apply(line + [1, 7 << 3, 5], to: page.start))
        #expect(page.bytes[7] == before[7] ^ 5)
    }

    private static func delta(
        _ scratch: inout DeltaScratch, _ new: UnsafeMutableRawPointer, _ old: UnsafeMutableRawPointer
    ) throws -> [UInt8] {
        scratch.compareAndUpdate(new, last: old)
        let size = scratch.size
        var delta = [UInt8](repeating: 0, count: try #require(size))
        delta.withUnsafeMutableBytes { if let start = $0.baseAddress { scratch.write(to: start) } }
        return delta
    }

    /// Applies a delta that lies in memory with nothing behind it.
    private static func apply(_ delta: [UInt8], to page: UnsafeMutableRawPointer) -> Bool {
        let source = UnsafeMutableRawBufferPointer.allocate(byteCount: delta.count, alignment: 1)
        defer { source.deallocate() }
        source.copyBytes(from: delta)
        return DeltaReader().apply(.init(source), to: page)
    }
}

/// A page of noise that is given back at the end.
private final class SamplePage {
    let start = UnsafeMutableRawPointer.allocate(byteCount: 4096, alignment: 8)
    var generator = SeededGenerator(seed: 9)

    init() { PageChange.noise.apply(to: .init(start: start, count: 4096), &generator) }
    deinit { start.deallocate() }

    func byte(_ place: Int) -> UInt8 { start.load(fromByteOffset: place, as: UInt8.self) }
    func equals(_ other: UnsafeRawPointer) -> Bool { memcmp(start, other, 4096) == 0 }
    var bytes: [UInt8] { Array(UnsafeRawBufferPointer(start: start, count: 4096)) }
}
