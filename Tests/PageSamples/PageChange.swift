// PageSamples: pages as guests have them, and what guests do to them, made up from a seed. For tests and benchmarks.

/// What happens to a page of 4096 bytes.
public enum PageChange: Sendable {
    /// It becomes all zeros.
    case zero
    /// It becomes noise, as encrypted or packed data is.
    case noise
    /// It becomes text of words that come again and again.
    case text
    /// It becomes zeros with some words here and there.
    case sparse(words: Int)
    /// Some words become others, anywhere.
    case words(Int)
    /// Some words go up by a little, as counters and clocks do.
    case counters(Int)
    /// Some words become the addresses of neighbours, as in lists.
    case pointers(Int)
    /// Its contents move up by some bytes, as in a page of a database into which a row comes.
    case shifted(bytes: Int)
    /// It becomes one word, over and over.
    case pattern
    /// It is written with what it holds.
    case nothing

    /// Changes a page.
    ///
    /// - Parameters:
    ///   - page: 4096 bytes.
    ///   - generator: What chance is taken from.
    public func apply(to page: UnsafeMutableRawBufferPointer, _ generator: inout SeededGenerator) {
        switch self {
        case .zero: Self.fill(page) { 0 }
        case .noise: Self.fill(page) { generator.next() }
        case .text: Self.text(page, &generator)
        case .sparse(let words):
            Self.fill(page) { 0 }
            Self.edit(page, words, &generator) { _, new in new }
        case .words(let words): Self.edit(page, words, &generator) { _, new in new }
        case .counters(let words): Self.edit(page, words, &generator) { old, new in old &+ 1 &+ new & 0xff }
        case .pointers(let words):
            Self.edit(page, words, &generator) { _, new in 0xffff_8880_0000_0000 | new & 0xfff_fff8 }
        case .shifted(let bytes):
            for index in stride(from: page.count - 1, through: bytes, by: -1) { page[index] = page[index - bytes] }
            for index in 0..<bytes { page[index] = UInt8(truncatingIfNeeded: generator.next()) }
        case .pattern:
            let word = generator.next()
            Self.fill(page) { word }
        case .nothing: break
        }
    }

    private static let words = [
        "the ", "guest ", "runs ", "on ", "and ", "its ", "pages ", "are ", "sent ", "to ", "another ", "host, ",
        "where ", "nobody ", "looks ", "at ", "them ", "unless ", "this ", "one ", "dies.\n", "int ", "return ", "0x",
        "= ", "if (", "static ", "null", ");\n", "    ", "struct ", "error ",
    ].map { Array($0.utf8) }

    private static func fill(_ page: UnsafeMutableRawBufferPointer, _ word: () -> UInt64) {
        for offset in stride(from: 0, to: page.count, by: 8) {
            page.storeBytes(of: word(), toByteOffset: offset, as: UInt64.self)
        }
    }

    private static func edit(
        _ page: UnsafeMutableRawBufferPointer, _ count: Int, _ generator: inout SeededGenerator,
        _ change: (UInt64, UInt64) -> UInt64
    ) {
        for _ in 0..<count {
            let offset = generator.below(page.count / 8) * 8
            let old = page.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            page.storeBytes(of: change(old, generator.next()), toByteOffset: offset, as: UInt64.self)
        }
    }

    private static func text(_ page: UnsafeMutableRawBufferPointer, _ generator: inout SeededGenerator) {
        var offset = 0
        while offset < page.count {
            // Now and then a number, which comes only once.
            let number = generator.below(8) == 0
            for byte in number ? Array("\(generator.below(100_000)) ".utf8) : words[generator.below(words.count)]
            where offset < page.count {
                page[offset] = byte
                offset += 1
            }
        }
    }
}
