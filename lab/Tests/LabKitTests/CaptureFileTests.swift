import Testing

@testable import LabKit

@Suite struct CaptureFileTests {
    private static let guest: [UInt8] = [0x00, 0x16, 0x3e, 0x77, 0x00, 0x32]

    /// A capture with microseconds of one frame for each body, a millisecond apart from second 100 on.
    private static func file(_ bodies: [[UInt8]], magic: [UInt8] = [0xd4, 0xc3, 0xb2, 0xa1]) -> [UInt8] {
        var bytes = magic + [2, 0, 4, 0] + [UInt8](repeating: 0, count: 8) + [0, 0, 4, 0, 1, 0, 0, 0]
        for (index, body) in bodies.enumerated() {
            let microseconds = index * 1000
            bytes += [100, 0, 0, 0, UInt8(microseconds & 0xff), UInt8(microseconds >> 8), 0, 0]
            bytes += [UInt8(body.count), 0, 0, 0, UInt8(body.count), 0, 0, 0] + body
        }
        return bytes
    }

    private static func frame(_ type: [UInt8], _ payload: [UInt8] = []) -> [UInt8] {
        [UInt8](repeating: 0xff, count: 6) + guest + type + payload
    }

    private static func echoReply(_ sequence: UInt8, version6: Bool = false) -> [UInt8] {
        if version6 {
            let header = [0x60] + [UInt8](repeating: 0, count: 5) + [58, 64] + [UInt8](repeating: 0, count: 32)
            return frame([0x86, 0xdd], header + [129, 0, 0, 0, 0, 9, 0, sequence])
        }
        let header = [0x45] + [UInt8](repeating: 0, count: 8) + [1] + [UInt8](repeating: 0, count: 10)
        return frame([0x08, 0x00], header + [0, 0, 0, 0, 0, 9, 0, sequence])
    }

    @Test func framesHaveTimesKindsAndSenders() throws {
        let bodies = [
            Self.frame([0x08, 0x06]), Self.frame([0x08, 0x00]), Self.frame([0x86, 0xdd]), Self.frame([0x88, 0xcc]),
        ]
        let capture = try #require(CaptureFile(Self.file(bodies)))
        #expect(capture.frames.map(\.kind) == [.arp, .ipv4, .ipv6, .other])
        #expect(capture.frames.map(\.time) == [0, 1, 2, 3].map { 100_000_000_000 + $0 * 1_000_000 })
        #expect(capture.frames.allSatisfy { $0.bytes[6..<12].elementsEqual(Self.guest) })
    }

    @Test func nanosecondCapturesAreRead() throws {
        let capture = try #require(
            CaptureFile(Self.file([Self.frame([8, 6]), Self.frame([8, 6])], magic: [0x4d, 0x3c, 0xb2, 0xa1])))
        #expect(capture.frames.map(\.time) == [100_000_000_000, 100_000_001_000])
    }

    @Test func aFrameThatIsCutShortIsLeftOut() throws {
        let bytes = Self.file([Self.frame([8, 6]), Self.frame([8, 0])])
        for missing in 1...29 {
            #expect(CaptureFile(Array(bytes.dropLast(missing)))?.frames.count == 1)
        }
    }

    @Test func otherFilesAreRefused() {
        #expect(CaptureFile([]) == nil)
        #expect(CaptureFile([UInt8](repeating: 0, count: 100)) == nil)
    }

    @Test func echoRepliesAreRecognised() throws {
        let bodies = [Self.echoReply(7), Self.echoReply(8, version6: true), Self.frame([8, 6])]
        let frames = try #require(CaptureFile(Self.file(bodies))).frames
        #expect(frames[0].echoReply?.sequence == 7)
        #expect(frames[0].echoReply?.identifier == 9)
        #expect(frames[1].echoReply?.sequence == 8)
        #expect(frames[2].echoReply == nil)
    }

    @Test func misplacedEchoRepliesAreCounted() throws {
        let misplaced = { (bodies: [[UInt8]]) throws in
            OutputChecks.misplacedEchoReplies(try #require(CaptureFile(Self.file(bodies))).frames)
        }
        #expect(try misplaced([Self.echoReply(1), Self.echoReply(1, version6: true), Self.echoReply(2)]) == 0)
        #expect(try misplaced([Self.echoReply(1), Self.echoReply(3), Self.echoReply(2), Self.echoReply(3)]) == 2)
    }

    @Test func framesAfterTheOtherHostsFirstAreLate() throws {
        let frames = try #require(CaptureFile(Self.file((0..<4).map { _ in Self.frame([8, 0]) }))).frames
        #expect(OutputChecks.lateFrames(first: frames, second: []).isEmpty)
        #expect(OutputChecks.lateFrames(first: Array(frames[..<2]), second: Array(frames[2...])).isEmpty)
        #expect(OutputChecks.lateFrames(first: frames, second: [frames[2]]).count == 2)
    }

    @Test func aWindowTakesItsFramesOnly() throws {
        let frames = try #require(CaptureFile(Self.file((0..<4).map { _ in Self.frame([8, 0]) }))).frames
        #expect(OutputChecks.frames(frames, in: frames[1].time..<frames[3].time).count == 2)
        #expect(OutputChecks.summary(frames) == "4 ipv4")
    }
}
