import CheckpointStream
import Testing

@Suite struct PagesHeaderTests {
    private func read(_ bytes: [UInt8]) throws(StreamError) -> PagesHeader {
        try bytes.span.bytes.withUnsafeBytes { (raw) throws(StreamError) in try PagesHeader(reading: raw) }
    }

    @Test func hasTheseBytes() throws {
        let header = PagesHeader(recordPages: 0x0304, position: 0x0201, unpackedBytes: 0x0007_0605)
        var bytes = [UInt8](repeating: 0xee, count: 13)
        bytes.withUnsafeMutableBytes { raw in if let start = raw.baseAddress { header.write(to: start) } }
        #expect(bytes == [4, 3, 0, 0, 1, 2, 0, 0, 5, 6, 7, 0, 0xee])
        #expect(try read(bytes) == header)
    }

    @Test func isRefusedWhenItIsShort() {
        for count in 0..<PagesHeader.size {
            #expect(throws: StreamError.malformed(.pages, .truncated)) {
                _ = try read([UInt8](repeating: 1, count: count))
            }
        }
    }

    @Test(arguments: [[0, 0, 0, 0], [1, 4, 0, 0], [0, 0, 1, 0]] as [[UInt8]])
    func aRecordHasOneToAThousandAndTwentyFourPages(pages: [UInt8]) {
        #expect(throws: StreamError.malformed(.pages, .value(.recordPages))) {
            _ = try read(pages + [UInt8](repeating: 0, count: 8))
        }
    }

    @Test func thePlaceIsInTheRecord() throws {
        #expect(try read([0, 4, 0, 0, 255, 3, 0, 0, 0, 0, 0, 0]).position == 1023)
        for place in [[0, 4, 0, 0], [255, 255, 255, 255]] as [[UInt8]] {
            #expect(throws: StreamError.malformed(.pages, .value(.recordPages))) {
                _ = try read([0, 4, 0, 0] + place + [0, 0, 0, 0])
            }
        }
    }

    @Test func aPackedBatchBecomesNoMoreThanAFrameHolds() throws {
        let limit = FrameHeader.maximumBulk
        let most = SampleRecords.little(UInt32(limit))
        #expect(try read([1, 0, 0, 0, 0, 0, 0, 0] + most).unpackedBytes == limit)
        #expect(throws: StreamError.tooLarge(.pages, field: .payload, actual: limit + 1, limit: limit)) {
            _ = try read([1, 0, 0, 0, 0, 0, 0, 0] + SampleRecords.little(UInt32(limit + 1)))
        }
    }
}
