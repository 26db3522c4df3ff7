internal import Glibc

/// Where a delta is put together: what changed between two pages, found in three passes that hardly branch.
///
/// The first finds the lines that differ, the second the words in them, the third writes the words' bytes. A pass writes
/// beyond what it keeps, so every part has room for that.
struct DeltaScratch: ~Copyable {
    /// The most bytes of a delta that is put together; a larger one is not worth it.
    static let limit = 4000

    // A page of zeros, the differences of the lines that differ, and the three sections behind the line mask.
    private let memory: UnsafeMutableRawPointer
    private let zeros: UnsafeMutableRawPointer
    private let differences: UnsafeMutableRawPointer
    private let values: UnsafeMutableRawPointer
    private let controls: UnsafeMutableRawPointer
    private let masks: UnsafeMutableRawPointer
    private static let memorySize = 4 * Page.size + 1024 + 256

    private var lineMask: UInt64 = 0
    private var lineCount = 0
    private var wordCount = 0
    private var valueBytes = 0
    // Whether all words were written.
    private var isWhole = false

    init() {
        memory = UnsafeMutableRawPointer.allocate(byteCount: Self.memorySize, alignment: Page.size)
        memset(memory, 0, Self.memorySize)
        zeros = memory
        differences = zeros + Page.size
        values = differences + Page.size
        controls = values + 2 * Page.size
        masks = controls + 1024
    }

    deinit { memory.deallocate() }

    /// Lends the page of zeros.
    func withZeros<Result>(_ body: (UnsafeRawPointer) -> Result) -> Result { body(zeros) }

    /// The pages are equal.
    var isEmpty: Bool { lineMask == 0 }

    /// The words that differ, of 512.
    var changedWords: Int { wordCount }

    /// Bytes of the delta, or nil if it would be larger than ``limit``.
    var size: Int? { isWhole ? 8 &+ lineCount &+ wordCount &+ valueBytes : nil }

    /// Compares a page with a page of zeros.
    ///
    /// - Parameter page: 4096 bytes.
    mutating func compareWithZeros(_ page: UnsafeRawPointer) {
        findLines(page, zeros)
        findWords(page, zeros, updating: false)
        writeWords()
    }

    /// Compares a page with the one sent last, and makes that one equal to it.
    ///
    /// - Parameters:
    ///   - page: 4096 bytes.
    ///   - last: The 4096 bytes in the cache; afterwards they are those of `page`.
    mutating func compareAndUpdate(_ page: UnsafeRawPointer, last: UnsafeMutableRawPointer) {
        findLines(page, last)
        if isEmpty { return }
        findWords(page, last, updating: true)
        writeWords()
    }

    /// Puts the sections together.
    ///
    /// - Parameter target: Memory for ``size`` bytes.
    func write(to target: UnsafeMutableRawPointer) {
        target.storeBytes(of: lineMask.littleEndian, as: UInt64.self)
        var next = target + 8
        memcpy(next, masks, lineCount)
        next += lineCount
        memcpy(next, controls, wordCount)
        next += wordCount
        memcpy(next, values, valueBytes)
    }

    @inline(__always) private mutating func findLines(_ page: UnsafeRawPointer, _ last: UnsafeRawPointer) {
        var lineMask: UInt64 = 0
        for line in 0..<Page.lines {
            let offset = line &* Page.lineSize
            let difference = Page.line(page, offset) ^ Page.line(last, offset)
            lineMask |= (Page.fold(difference) == 0 ? 0 : 1) &<< UInt64(truncatingIfNeeded: line)
        }
        self.lineMask = lineMask
    }

    @inline(__always) private mutating func findWords(
        _ page: UnsafeRawPointer, _ last: UnsafeMutableRawPointer, updating: Bool
    ) {
        var lines = lineMask
        var lineCount = 0
        var wordCount = 0
        while lines != 0 {
            let offset = lines.trailingZeroBitCount &* Page.lineSize
            lines &= lines &- 1
            let new = Page.line(page, offset)
            let difference = new ^ Page.line(last, offset)
            if updating { last.storeBytes(of: new, toByteOffset: offset, as: Page.Line.self) }
            differences.storeBytes(of: difference, toByteOffset: lineCount &* Page.lineSize, as: Page.Line.self)
            let mask = Page.fold(Page.Line.zero.replacing(with: Self.wordBits, where: difference .!= .zero))
            masks.storeBytes(of: UInt8(truncatingIfNeeded: mask), toByteOffset: lineCount, as: UInt8.self)
            lineCount &+= 1
            wordCount &+= mask.nonzeroBitCount
        }
        // The third pass takes eight masks at once.
        masks.storeBytes(of: 0, toByteOffset: lineCount, as: UInt64.self)
        self.lineCount = lineCount
        self.wordCount = wordCount
    }

    @inline(__always) private mutating func writeWords() {
        var written = 0
        var valueBytes = 0
        isWhole = true
        for group in stride(from: 0, to: lineCount, by: 8) {
            var words = UInt64(littleEndian: masks.loadUnaligned(fromByteOffset: group, as: UInt64.self))
            let start = differences + group &* Page.lineSize
            while words != 0 {
                let word = UInt64(
                    littleEndian: start.loadUnaligned(
                        fromByteOffset: words.trailingZeroBitCount &* 8, as: UInt64.self))
                words &= words &- 1
                // The zero bytes at both ends are left out.
                let low = word.trailingZeroBitCount & 0x38
                let length = 8 &- word.leadingZeroBitCount &>> 3 &- low &>> 3
                controls.storeBytes(
                    of: UInt8(truncatingIfNeeded: low | (length &- 1)), toByteOffset: written, as: UInt8.self)
                let value = word &>> UInt64(truncatingIfNeeded: low)
                values.storeBytes(of: value.littleEndian, toByteOffset: valueBytes, as: UInt64.self)
                written &+= 1
                valueBytes &+= length
            }
            // As the words so far are, so the rest will be: a page of noise shall not be looked at to its end.
            let size = 8 &+ lineCount &+ wordCount &+ valueBytes
            let isHopeless = written >= Self.sampledWords && valueBytes &* wordCount > Self.limit &* written
            if size > Self.limit || isHopeless {
                isWhole = false
                break
            }
        }
        self.valueBytes = valueBytes
    }

    // Words that are written before the rest is judged by them.
    private static let sampledWords = 128

    private static var wordBits: Page.Line { Page.Line(1, 2, 4, 8, 16, 32, 64, 128) }
}
