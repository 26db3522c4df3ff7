@testable internal import GuestServices
internal import Glibc
internal import GuestSupport
internal import Testing

@Suite struct DiskBlockTests {
    private func judge(_ block: Int, expected: DiskBlock.Write, filledAs actual: DiskBlock.Write, in place: Int = 7)
        -> DiskBlock.Verdict
    {
        let words = UnsafeMutablePointer<UInt64>.allocate(capacity: DiskBlock.words)
        defer { words.deallocate() }
        DiskBlock.fill(place, actual, at: words)
        return DiskBlock.judge(block, expected, at: words)
    }

    private let third = DiskBlock.Write(number: 3, time: 1000)

    @Test func contentTellsWhetherItIsNewerOrOlder() {
        #expect(judge(7, expected: third, filledAs: third) == .right)
        #expect(judge(7, expected: third, filledAs: DiskBlock.Write(number: 4, time: 1001)) == .ahead)
        #expect(judge(7, expected: third, filledAs: DiskBlock.Write(number: 2, time: 999)) == .behind)
        #expect(judge(7, expected: third, filledAs: .none) == .behind)
        #expect(judge(7, expected: .none, filledAs: .none) == .right)
        #expect(judge(7, expected: .none, filledAs: third) == .ahead)
    }

    @Test func theSameWriteAtAnotherTimeIsWrong() {
        #expect(judge(7, expected: third, filledAs: DiskBlock.Write(number: 3, time: 2000)) == .behind)
    }

    @Test func anotherBlocksContentIsDamage() {
        #expect(judge(7, expected: third, filledAs: third, in: 8) == .damaged)
    }
}

@Suite struct DiskLaneTests {
    /// A file that ends with its test.
    private final class Scratch {
        let path: String

        init() {
            // Not on a file system in memory, which may refuse direct access.
            var template = Array("/var/tmp/disk-lane-XXXXXX".utf8CString)
            close(mkstemp(&template))
            path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }

        deinit { unlink(path) }
    }

    private let scratch = Scratch()

    /// A lane in the scratch file, which takes it for a disk if it has an offset.
    private func lane(_ way: DiskLane.Way, offset: Int? = nil) throws -> DiskLane {
        if let offset {
            #expect(truncate(scratch.path, off_t(offset + 64 * DiskBlock.bytes)) == 0)
        }
        let lane = DiskLane(
            name: "lane", way: way, place: DiskLane.Place(path: scratch.path, offset: offset), blockCount: 64, seed: 1)
        try lane.open()
        try lane.fill()
        return lane
    }

    @Test(arguments: [DiskLane.Way.direct, .buffered, .synced], [nil, 8192])
    func isRightAfterAnyNumberOfWrites(way: DiskLane.Way, offset: Int?) throws {
        let lane = try lane(way, offset: offset)
        for _ in 0..<700 { try lane.rewrite() }
        let cached = try lane.check(.buffered)
        try lane.synchronize()
        let stored = try lane.check(.direct)
        #expect(cached.isRight && stored.isRight && lane.metBefore.isRight)
        #expect(stored.blocks == 64)
        #expect(lane.writes >= 700)
    }

    @Test func findsAFlippedByte() throws {
        let lane = try lane(.direct, offset: 0)
        try lane.corrupt(block: 17)
        let report = try lane.check(.direct)
        #expect(report.damaged == 1 && report.first == "lane:17")
    }

    @Test(arguments: [DiskLane.Way.direct, .buffered, .synced])
    func keepsDamageOnRecordThatALaterWriteCovers(way: DiskLane.Way) throws {
        let lane = try lane(way, offset: 0)
        try lane.corrupt(block: 17)
        for _ in 0..<300 { try lane.rewrite() }
        try lane.synchronize()
        #expect(try lane.check(.direct).isRight)
        #expect(lane.metBefore.damaged > 0 && lane.metBefore.first == "lane:17")
    }

    @Test func findsADiskThatIsAheadOrBehind() throws {
        let lane = try lane(.direct, offset: 0)
        let before = try contents()
        try lane.rewrite()
        let after = try contents()
        try write(before)
        let behind = try lane.check(.direct)
        #expect(behind.behind > 0 && behind.ahead == 0 && behind.damaged == 0)
        try write(after)
        #expect(try lane.check(.direct).isRight)
    }

    @Test func isRightAgainAfterItWasClosedAndOpened() throws {
        let lane = try lane(.buffered)
        for _ in 0..<50 { try lane.rewrite() }
        try lane.close()
        #expect(throws: SystemError.self) { try lane.rewrite() }
        try lane.open()
        #expect(try lane.check(.direct).isRight)
    }

    private func contents() throws -> [UInt8] {
        let file = try FileDescriptor(path: scratch.path, access: .buffered, makesFile: false)
        return file.readBytes(atMost: 64 * DiskBlock.bytes).bytes
    }

    private func write(_ bytes: [UInt8]) throws {
        let file = try FileDescriptor(path: scratch.path, access: .buffered, makesFile: false)
        #expect(bytes.withUnsafeBytes { file.write($0) } == .bytes(bytes.count))
        try file.synchronize()
    }
}
