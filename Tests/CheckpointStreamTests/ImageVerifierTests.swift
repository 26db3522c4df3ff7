import CheckpointStream
import Testing

@Suite struct ImageVerifierTests {
    private static let headers = 40

    @Test func acceptsWhatTheWriterWrites() throws {
        let image = try SampleRecords.image()
        var verifier = ImageVerifier(frameLimit: SampleRecords.frameLimit)
        try image.withUnsafeBytes { try verifier.feed($0) }
        let verified = try verifier.finish()
        #expect(verified.records == 5)
        #expect(verified.pages == 4)
        #expect(verified.bytes == UInt64(image.count))
    }

    @Test func findsTheSameByteByByte() throws {
        let image = try SampleRecords.image()
        var verifier = ImageVerifier(frameLimit: SampleRecords.frameLimit)
        for byte in image { try [byte].withUnsafeBytes { try verifier.feed($0) } }
        #expect(try verifier.finish().bytes == UInt64(image.count))
    }

    @Test func acceptsSeveralRoundsOfTheSamePages() throws {
        #expect(try SampleRecords.image(frames: [[1, 2], [1], [1, 2]]).imageFault() == nil)
    }

    @Test func refusesEveryTruncationInsideARecord() throws {
        let image = try SampleRecords.image(frames: [[1]])
        let page = image.count - 4096
        // Between two records after the static data an image may end: it has no length of its own.
        let ends = [LibxcRecords.prologueSize(cpuid: 48, msr: 32), image.count]
        for cut in Array(0...page) + [page + 1, image.count - 1] where !ends.contains(cut) {
            #expect(Array(image[..<cut]).imageFault() != nil, "cut at \(cut)")
        }
    }

    @Test func refusesEveryBitFlipInTheHeaders() throws {
        let image = try SampleRecords.image(frames: [])
        for bit in 0..<8 * 32 {
            var broken = image
            broken[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(broken.imageFault() == (bit < 8 * 24 ? .imageHeader : .domainHeader), "bit \(bit)")
        }
    }

    @Test func needsTheStaticDataBeforePages() throws {
        let image = try SampleRecords.image(frames: [[1]])
        let headers = Array(image[..<Self.headers])
        let records = SampleRecords.split(image, skipping: Self.headers)
        let types: [LibxcRecordType] = [.cpuidPolicy, .msrPolicy, .staticDataEnd]
        for (position, type) in types.enumerated() {
            var fewer = records
            fewer.remove(at: position)
            #expect((headers + fewer.flatMap { $0 }).imageFault() == .missing(type))
        }
        let late = headers + records[3] + records[0] + records[1] + records[2]
        #expect(late.imageFault() == .missing(.cpuidPolicy))
        let again = headers + records.flatMap { $0 } + records[2]
        #expect(again.imageFault() == .outOfOrder(.staticDataEnd))
    }

    @Test func refusesTheRecordsOfACheckpoint() throws {
        let image = try SampleRecords.image()
        let checkpoint = SampleRecords.split(try SampleRecords.checkpoint(frames: []))
        #expect((image + checkpoint[0]).imageFault() == .notAllowed(.tscInfo))
        #expect((image + checkpoint[1]).imageFault() == .notAllowed(.hvmContext))
        #expect((image + checkpoint[2]).imageFault() == .notAllowed(.hvmParameters))
        #expect((image + SampleRecords.record(0x0e, [])).imageFault() == .notAllowed(.checkpoint))
        #expect((image + SampleRecords.record(0, [])).imageFault() == .notAllowed(.end))
    }

    @Test func refusesAnEndOfTheStaticDataWithABody() throws {
        let image = try SampleRecords.image(frames: [])
        let body = SampleRecords.record(0x10, [UInt8](repeating: 0, count: 8))
        #expect((Array(image.dropLast(8)) + body).imageFault() == .length(.staticDataEnd, actual: 8))
    }

    @Test func boundsThePolicies() throws {
        let headers = Array(try SampleRecords.image(frames: [])[..<Self.headers])
        for (length, accepted) in [(0, false), (24, true), (25, false), (48, true), (65_520, true), (65_544, false)] {
            let bytes = headers + SampleRecords.record(0x11, [UInt8](repeating: 0, count: length))
            let fault: RecordFault = accepted ? .missing(.msrPolicy) : .length(.cpuidPolicy, actual: UInt32(length))
            #expect(bytes.imageFault() == fault, "length \(length)")
        }
    }
}
