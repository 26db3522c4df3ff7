import SystemKit
import Testing

@testable import XenToolstack

@Suite struct LineReaderTests {
    @Test func givesLinesOneByOneAndThenTheEnd() throws {
        let channel = try ChannelEnds.connection()
        try channel.far.writeAll("one\ntwo\nunfinished")
        var reader = channel.keepNear()
        #expect(reader.line(until: nil) == .line("one"))
        #expect(reader.line(until: nil) == .line("two"))
        // The other end was closed with the channel.
        #expect(reader.line(until: nil) == .end)
    }

    @Test func joinsALineThatComesInPieces() throws {
        let channel = try ChannelEnds.connection()
        try channel.far.writeAll("on")
        try channel.far.writeAll("e\n\nx")
        var reader = channel.keepNear()
        #expect(reader.line(until: nil) == .line("one"))
        #expect(reader.line(until: nil) == .line(""))
    }

    @Test func givesCountedBytesBetweenLines() throws {
        let channel = try ChannelEnds.connection()
        let body = String(repeating: "x\n", count: 5000)
        try channel.far.writeAll("restore\n" + body + "activate\n")
        var reader = channel.keepNear()
        #expect(reader.line(until: nil) == .line("restore"))
        #expect(String(decoding: reader.bytes(body.utf8.count), as: UTF8.self) == body)
        #expect(reader.line(until: nil) == .line("activate"))
    }

    @Test func givesFewerBytesAtTheEnd() throws {
        let channel = try ChannelEnds.connection()
        try channel.far.writeAll("abc")
        var reader = channel.keepNear()
        #expect(reader.bytes(10).count == 3)
    }

    @Test func stopsWaitingAtTheDeadline() throws {
        let channel = try ChannelEnds.connection()
        let pair = channel.separate()
        let other = FileDescriptor(owning: pair.far)
        var reader = LineReader(FileDescriptor(owning: pair.near))
        #expect(reader.line(until: Clock.monotonic) == .timedOut)
        try other.writeAll("late\n")
        #expect(reader.line(until: Clock.monotonic + 1_000_000_000) == .line("late"))
    }

    @Test func givesAnEndlessLineInPieces() throws {
        let channel = try ChannelEnds.connection()
        try channel.far.writeAll(String(repeating: "x", count: 70_000) + "\n")
        var reader = channel.keepNear()
        guard case .line(let first) = reader.line(until: nil), case .line(let rest) = reader.line(until: nil) else {
            Issue.record("there were not two pieces")
            return
        }
        #expect(first.utf8.count >= 65_536)
        #expect(first.utf8.count + rest.utf8.count == 70_000)
    }
}
