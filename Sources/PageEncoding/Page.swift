/// A page of guest memory, as a unit of work: 512 words in 64 lines of 8.
enum Page {
    /// Bytes of a page.
    static let size = 4096
    /// Bytes of a line, the unit in which pages are compared: a cache line of the processor.
    static let lineSize = 64
    /// Lines of a page.
    static let lines = 64
    /// Words of a line.
    static let lineWords = 8

    /// Eight words that are read, compared and added at once.
    typealias Line = SIMD8<UInt64>

    /// The eight words at an offset.
    @inline(__always) static func line(_ page: UnsafeRawPointer, _ offset: Int) -> Line {
        page.loadUnaligned(fromByteOffset: offset, as: Line.self)
    }

    /// Whether every byte is 0.
    ///
    /// - Parameter page: 4096 bytes.
    /// - Returns: Whether the page is one of zeros.
    @inline(__always) static func isZero(_ page: UnsafeRawPointer) -> Bool {
        var any = Line.zero
        for line in 0..<lines { any |= self.line(page, line &* lineSize) }
        return fold(any) == 0
    }

    /// All bits of a line in one word.
    @inline(__always) static func fold(_ line: Line) -> UInt64 {
        let four = line.lowHalf | line.highHalf
        let two = four.lowHalf | four.highHalf
        return two.x | two.y
    }
}
