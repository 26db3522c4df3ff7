internal import GuestSupport
internal import Testing

@Suite struct LineBufferTests {
    /// All whole lines of a buffer.
    private func lines(of buffer: inout LineBuffer) -> [String] {
        var lines: [String] = []
        while let line = buffer.nextLine() { lines.append(line) }
        return lines
    }

    @Test func joinsAndSplitsLines() {
        var buffer = LineBuffer(limit: 64)
        buffer.append(Array("one\ntw".utf8))
        let first = lines(of: &buffer)
        #expect(first == ["one"])
        buffer.append(Array("o\r\n\n".utf8))
        #expect(buffer.hasLine)
        let second = lines(of: &buffer)
        #expect(second == ["two", ""])
        #expect(!buffer.hasLine)
    }

    @Test func knowsWhenALineIsTooLong() {
        var buffer = LineBuffer(limit: 4)
        buffer.append(Array("abc".utf8))
        #expect(buffer.room == 1)
        #expect(!buffer.isOverlong)
        buffer.append(Array("d".utf8))
        #expect(buffer.isOverlong)
    }

    @Test func isNotOverlongWhileItHoldsALine() {
        var buffer = LineBuffer(limit: 4)
        buffer.append(Array("a\nbc".utf8))
        #expect(!buffer.isOverlong)
    }
}
