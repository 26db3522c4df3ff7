import CheckpointStream
import ReplicaModel
import SystemKit
import Testing

@Suite struct FrameHeaderTests {
    static let sample = FrameHeader(
        type: .acknowledge, payloadLength: 0x0102, generation: Generation(rawValue: 0x1112_1314_1516_1718),
        epoch: Epoch(rawValue: 0x2122_2324_2526_2728), sequence: 0x3132_3334_3536_3738, payloadChecksum: 0x4142_4344)

    private func encode(_ header: FrameHeader) throws -> [UInt8] { try SampleFrames.encode(header) }

    private func decode(_ bytes: [UInt8]) throws(StreamError) -> FrameHeader {
        try bytes.span.bytes.withUnsafeBytes { (raw) throws(StreamError) in try FrameHeader.decode(raw) }
    }

    @Test func hasTheseBytes() throws {
        let bytes = try encode(Self.sample)
        #expect(bytes.count == FrameHeader.size)
        let expected: [UInt8] =
            Array("RPLC".utf8) + [4, 0, 10, 0, 0, 0, 0, 0, 0x02, 0x01, 0, 0]
            + [0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11] + [0x28, 0x27, 0x26, 0x25, 0x24, 0x23, 0x22, 0x21]
            + [0x38, 0x37, 0x36, 0x35, 0x34, 0x33, 0x32, 0x31] + [0x44, 0x43, 0x42, 0x41]
        #expect(Array(bytes[..<44]) == expected)
        #expect(Array(bytes[44...]) == SampleRecords.little(expected.withUnsafeBytes { Checksum.of($0) }))
    }

    @Test func keepsTheNumbersOfTheMessages() {
        let numbers: [MessageType] = [
            .hello, .refuse, .welcome, .protect, .ready, .image, .checkpointBegin, .checkpointData, .checkpointEnd,
            .acknowledge, .handover, .activated, .stop, .lost, .addresses, .diskBarrier, .diskBarrierPlaced,
            .undoFilling, .pages,
        ]
        #expect(numbers.map(\.rawValue) == Array(1...19))
        #expect(MessageType.allCases.count == 19)
        #expect(MessageType(rawValue: 0) == nil)
    }

    @Test(arguments: MessageType.allCases) func comesBackAsItWas(type: MessageType) throws {
        var header = Self.sample
        header.type = type
        #expect(try decode(try encode(header)) == header)
    }

    @Test func isRefusedWithAnyBitFlipped() throws {
        let bytes = try encode(Self.sample)
        for bit in 0..<bytes.count * 8 {
            var broken = bytes
            broken[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: StreamError.self, "bit \(bit)") { _ = try decode(broken) }
        }
    }

    @Test func isRefusedWhenItIsShort() throws {
        let bytes = try encode(Self.sample)
        for count in 0..<bytes.count {
            #expect(throws: StreamError.self) { _ = try decode(Array(bytes[..<count])) }
        }
        for count in 0..<FrameHeader.prefixSize {
            #expect(throws: StreamError.noRoom(needed: 8, available: count)) {
                try bytes[..<count].withUnsafeBytes { try FrameHeader.decodePrefix($0) }
            }
        }
        var room = [UInt8](repeating: 0, count: FrameHeader.size - 1)
        #expect(throws: StreamError.noRoom(needed: 48, available: 47)) {
            try room.withUnsafeMutableBytes { try Self.sample.encode(into: $0) }
        }
    }

    @Test func tellsAnotherVersionBeforeItLooksAtAnythingElse() throws {
        var bytes = try encode(Self.sample)
        bytes[4] = 2
        #expect(throws: StreamError.wrongVersion(theirs: 2)) { _ = try decode(bytes) }
        let prefix = Array(bytes[..<8])
        #expect(throws: StreamError.wrongVersion(theirs: 2)) {
            try prefix.withUnsafeBytes { try FrameHeader.decodePrefix($0) }
        }
        bytes[0] = 0
        #expect(throws: StreamError.notAFrame(magic: 0x434c_5000)) { _ = try decode(bytes) }
    }

    @Test func readsARefusalOfAnyVersion() throws {
        for version in [0, 1, 99, 0xffff] as [UInt16] {
            var header = Self.sample
            header.type = .refuse
            var bytes = try encode(header)
            bytes.replaceSubrange(4..<6, with: SampleRecords.little(version))
            bytes.replaceSubrange(44..<48, with: SampleRecords.little(bytes[..<44].withUnsafeBytes { Checksum.of($0) }))
            #expect(try decode(bytes) == header)
        }
    }

    @Test func boundsThePayload() throws {
        for type in MessageType.allCases {
            let limit = FrameHeader.maximumPayload(of: type)
            var header = Self.sample
            header.type = type
            header.payloadLength = limit
            #expect(try decode(try encode(header)).payloadLength == limit)
            header.payloadLength = limit + 1
            #expect(throws: StreamError.tooLarge(type, field: .payload, actual: limit + 1, limit: limit)) {
                _ = try encode(header)
            }
            var bytes = try encode(Self.sample)
            bytes.replaceSubrange(6..<8, with: SampleRecords.little(type.rawValue))
            bytes.replaceSubrange(12..<16, with: [0xff, 0xff, 0xff, 0xff])
            SampleFrames.reseal(&bytes)
            #expect(throws: StreamError.tooLarge(type, field: .payload, actual: 0xffff_ffff, limit: limit)) {
                _ = try decode(bytes)
            }
        }
    }

    @Test func refusesUnknownTypesAndFlags() throws {
        for type in [0, 20, 0xffff] as [UInt16] {
            var bytes = try encode(Self.sample)
            bytes.replaceSubrange(6..<8, with: SampleRecords.little(type))
            SampleFrames.reseal(&bytes)
            #expect(throws: StreamError.unknownMessage(type: type)) { _ = try decode(bytes) }
        }
        for position in 8..<12 {
            var bytes = try encode(Self.sample)
            bytes[position] = 1
            SampleFrames.reseal(&bytes)
            #expect(throws: StreamError.malformed(.acknowledge, .reservedBits)) { _ = try decode(bytes) }
        }
    }
}
