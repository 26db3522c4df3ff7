import CheckpointStream
import Testing

@Suite struct RecordVerifierTests {
    private static let state = try? SampleRecords.checkpoint(frames: [])

    @Test func acceptsWhatTheWriterWrites() throws {
        let checkpoint = try SampleRecords.checkpoint(frames: [[5, 6], [0x123], [UInt64](1000..<2024)])
        let verified = try checkpoint.withUnsafeBytes {
            try RecordVerifier.verify($0, frameLimit: SampleRecords.frameLimit, pages: 1027)
        }
        #expect(verified.pages == 1027)
        #expect(verified.records == 6)
        #expect(verified.bytes == UInt64(checkpoint.count))
    }

    @Test func acceptsACheckpointWithoutPages() throws {
        #expect(try SampleRecords.checkpoint(frames: []).checkpointFault(pages: 0) == nil)
    }

    @Test func findsTheSameInPiecesOfAnySize() throws {
        var generator = SeededGenerator(seed: 2)
        let checkpoint = try SampleRecords.checkpoint()
        for _ in 0..<200 {
            var verifier = RecordVerifier(frameLimit: SampleRecords.frameLimit, byteLimit: UInt64(checkpoint.count))
            var rest = checkpoint[...]
            while !rest.isEmpty {
                let piece = rest.prefix(Int.random(in: 0...600, using: &generator))
                try piece.withUnsafeBytes { try verifier.feed($0) }
                rest = rest.dropFirst(piece.count)
            }
            #expect(try verifier.finish(pages: 3).bytes == UInt64(checkpoint.count))
        }
    }

    @Test func refusesEveryTruncation() throws {
        let checkpoint = try SampleRecords.checkpoint(frames: [[5]])
        // Every cut of the state's records, and cuts in the page.
        let cuts = [0, 1, 7, 8, 15, 16, 23, 24, 4000] + Array(4120..<checkpoint.count)
        for cut in cuts { #expect(Array(checkpoint[..<cut]).checkpointFault(pages: 1) != nil, "cut at \(cut)") }
    }

    @Test func refusesEveryOrderButTheRightOne() throws {
        let records = SampleRecords.split(try SampleRecords.checkpoint(frames: [[5]]))
        #expect(records.count == 4)
        var refused = 0
        for a in 0..<4 {
            for b in 0..<4 where b != a {
                for c in 0..<4 where c != a && c != b {
                    let order = [a, b, c, 6 - a - b - c]
                    if order == [0, 1, 2, 3] { continue }
                    #expect(order.flatMap { records[$0] }.checkpointFault() != nil, "\(order)")
                    refused += 1
                }
            }
        }
        #expect(refused == 23)
    }

    @Test func refusesAMissingRecord() throws {
        let records = SampleRecords.split(try SampleRecords.checkpoint(frames: []))
        let types: [LibxcRecordType] = [.tscInfo, .hvmContext, .hvmParameters]
        for (position, type) in types.enumerated() {
            var fewer = records
            fewer.remove(at: position)
            #expect(fewer.flatMap { $0 }.checkpointFault() == .missing(type))
        }
        #expect(([] as [UInt8]).checkpointFault() == .missing(.tscInfo))
    }

    @Test func refusesARepeatedRecord() throws {
        let records = SampleRecords.split(try SampleRecords.checkpoint(frames: []))
        let types: [LibxcRecordType] = [.tscInfo, .hvmContext, .hvmParameters]
        for (position, type) in types.enumerated() {
            var more = records
            more.insert(records[position], at: position + 1)
            #expect(more.flatMap { $0 }.checkpointFault() == .repeated(type))
        }
    }

    @Test(
        arguments: [0x00, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x11, 0x12]
            as [UInt32])
    func refusesATypeThatHasNoPlaceInACheckpoint(type: UInt32) throws {
        let state = try #require(Self.state)
        let name = try #require(LibxcRecordType(rawValue: type))
        #expect((SampleRecords.record(type, []) + state).checkpointFault() == .notAllowed(name))
        #expect((state + SampleRecords.record(type, [])).checkpointFault() == .notAllowed(name))
    }

    @Test(arguments: [0x13, 0x8000_0000, 0x8000_0013, 0xffff_ffff] as [UInt32])
    func refusesATypeThatTheFormatDoesNotHave(type: UInt32) throws {
        let state = try #require(Self.state)
        #expect((SampleRecords.record(type, []) + state).checkpointFault() == .unknownType(type))
    }

    @Test func saysWhichRecordAndWhere() throws {
        let bytes = SampleRecords.record(1, pageBody([7])) + SampleRecords.record(0x0e, [])
        let error = #expect(throws: StreamError.self) {
            try bytes.withUnsafeBytes { _ = try RecordVerifier.verify($0, frameLimit: 100, pages: 1) }
        }
        #expect(error == .record(number: 2, offset: 24 + 4096, fault: .notAllowed(.checkpoint)))
    }

    @Test func takesNothingMoreAfterAFault() throws {
        var verifier = RecordVerifier(frameLimit: 100, byteLimit: 1000)
        let fault = StreamError.record(number: 1, offset: 0, fault: .unknownType(0x99))
        let bad = SampleRecords.record(0x99, [])
        #expect(throws: fault) { try bad.withUnsafeBytes { try verifier.feed($0) } }
        let good = try #require(Self.state)
        #expect(throws: fault) { try good.withUnsafeBytes { try verifier.feed($0) } }
        #expect(throws: fault) { _ = try verifier.finish(pages: 0) }
    }

    @Test func refusesMoreBytesThanWereAgreed() throws {
        let state = try #require(Self.state)
        var verifier = RecordVerifier(frameLimit: 100, byteLimit: UInt64(state.count - 1))
        #expect(throws: StreamError.record(number: 0, offset: 0, fault: .tooLarge(limit: UInt64(state.count - 1)))) {
            try state.withUnsafeBytes { try verifier.feed($0) }
        }
    }

    @Test func refusesAnotherNumberOfPagesThanAnnounced() throws {
        let checkpoint = try SampleRecords.checkpoint(frames: [[5, 6]])
        #expect(checkpoint.checkpointFault(pages: 3) == .pageCount(actual: 2, announced: 3))
        #expect(checkpoint.checkpointFault(pages: 2) == nil)
    }

    // MARK: PAGE_DATA

    private func pageBody(_ entries: [UInt64], pages: Int? = nil, reserved: UInt32 = 0) -> [UInt8] {
        SampleRecords.little(UInt32(entries.count)) + SampleRecords.little(reserved)
            + entries.flatMap { SampleRecords.little($0) }
            + [UInt8](repeating: 1, count: 4096 * (pages ?? entries.count))
    }

    private func pageFault(_ body: [UInt8], limit: UInt64 = SampleRecords.frameLimit) throws -> RecordFault? {
        (SampleRecords.record(1, body) + (try #require(Self.state))).checkpointFault(limit: limit)
    }

    @Test func boundsTheNumberOfFrames() throws {
        #expect(try pageFault(pageBody([])) == .length(.pageData, actual: 8))
        #expect(try pageFault(pageBody([], pages: 1)) == .frameCount(0))
        #expect(try pageFault(pageBody([UInt64](0..<1024))) == nil)
        #expect(try pageFault(pageBody([UInt64](0..<1025))) == .length(.pageData, actual: 8 + 1025 * 4104))
        let empty = [UInt64](repeating: 0xf << 60, count: 1025)
        #expect(try pageFault(pageBody(empty, pages: 0)) == .frameCount(1025))
    }

    @Test func boundsTheFrameNumbers() throws {
        #expect(try pageFault(pageBody([99]), limit: 100) == nil)
        #expect(try pageFault(pageBody([100]), limit: 100) == .frameBeyondLimit(100, limit: 100))
        let highest: UInt64 = 1 << 52 - 1
        #expect(try pageFault(pageBody([3, highest]), limit: 100) == .frameBeyondLimit(highest, limit: 100))
    }

    @Test func countsTheContentsExactly() throws {
        #expect(try pageFault(pageBody([1, 2], pages: 1)) == .length(.pageData, actual: 4096))
        #expect(try pageFault(pageBody([1, 2], pages: 3)) == .length(.pageData, actual: 3 * 4096))
        #expect(try pageFault(pageBody([1, 2, 0xf << 60 | 3], pages: 2)) == nil)
        #expect(try pageFault(pageBody([1, 2]) + [0]) == .length(.pageData, actual: 2 * 4096 + 1))
        // A count that the record cannot hold.
        let body =
            SampleRecords.little(UInt32(1000)) + SampleRecords.little(UInt32(0)) + [UInt8](repeating: 0, count: 800)
        #expect(try pageFault(body) == .length(.pageData, actual: 808))
    }

    @Test func knowsThePageTypesOfAnHVMGuest() throws {
        for type in UInt64(0)...15 {
            let entry = type << 60 | 5
            switch type {
            case 0: #expect(try pageFault(pageBody([entry])) == nil)
            case 0xd, 0xf: #expect(try pageFault(pageBody([entry], pages: 0)) == nil)
            default: #expect(try pageFault(pageBody([entry])) == .pageType(UInt8(type)))
            }
        }
    }

    @Test func refusesReservedBits() throws {
        #expect(try pageFault(pageBody([1], reserved: 1)) == .reservedBits(.pageData))
        for bit in UInt64(52)...59 { #expect(try pageFault(pageBody([1 << bit | 1])) == .reservedBits(.pageData)) }
        var tsc = SampleRecords.split(try #require(Self.state))
        tsc[0][8 + 20] = 1
        #expect(tsc.flatMap { $0 }.checkpointFault() == .reservedBits(.tscInfo))
    }

    @Test func refusesALengthThatOverflows() throws {
        for length in [0xffff_ffff, 0xffff_fff8, 0x8000_0000, 0x0800_0000] as [UInt32] {
            for type in [1, 8, 9, 0x0a] as [UInt32] {
                let bytes = SampleRecords.little(type) + SampleRecords.little(length)
                #expect(bytes.checkpointFault() != nil)
            }
        }
    }

    // MARK: the state

    private func stateFault(_ position: Int, _ record: [UInt8]) throws -> RecordFault? {
        var records = SampleRecords.split(try #require(Self.state))
        records[position] = record
        return records.flatMap { $0 }.checkpointFault()
    }

    @Test func refusesATimeStampCounterThatXenWouldRefuse() throws {
        let body = [UInt8](repeating: 0, count: 24)
        #expect(try stateFault(0, SampleRecords.record(8, body)) == nil)
        #expect(try stateFault(0, SampleRecords.record(8, [3] + body.dropFirst())) == .tscMode(3))
        #expect(try stateFault(0, SampleRecords.record(8, body + [0])) == .length(.tscInfo, actual: 25))
        #expect(try stateFault(0, SampleRecords.record(8, body.dropLast(8))) == .length(.tscInfo, actual: 16))
    }

    @Test func followsTheEntriesOfAContext() throws {
        let good = SampleRecords.context
        #expect(try stateFault(1, SampleRecords.record(9, good)) == nil)
        let bad: [[UInt8]] = [
            [], Array(good.dropLast(8)), Array(good.dropLast()), good + [0], good + [UInt8](repeating: 0, count: 8),
            // No header, a header of another length, another magic number, another version.
            Array(good.dropFirst(32)), changed(good, 0, 2), changed(good, 4, 23), changed(good, 8, 0),
            changed(good, 12, 2),
            // An entry that overruns the record, by little and by much; an end mark with a length.
            changed(good, 36, 14), changed(good, 39, 0xff), changed(good, good.count - 4, 1),
        ]
        for (number, context) in bad.enumerated() {
            #expect(try stateFault(1, SampleRecords.record(9, context)) == .context, "case \(number)")
        }
        let large = SampleRecords.little(UInt32(9)) + SampleRecords.little(UInt32(LibxcRecords.maximumContextSize + 1))
        #expect(try stateFault(1, large) == .length(.hvmContext, actual: UInt32(LibxcRecords.maximumContextSize + 1)))
    }

    @Test func refusesPaddingThatIsNotZero() throws {
        var record = SampleRecords.record(9, SampleRecords.context)
        record[record.count - 1] = 1
        #expect(try stateFault(1, record) == .padding)
    }

    private func changed(_ bytes: [UInt8], _ position: Int, _ value: UInt8) -> [UInt8] {
        var bytes = bytes
        bytes[position] = value
        return bytes
    }

    private func parameterBody(_ entries: [UInt64], count: UInt32? = nil, reserved: UInt32 = 0) -> [UInt8] {
        SampleRecords.little(count ?? UInt32(entries.count)) + SampleRecords.little(reserved)
            + entries.flatMap { SampleRecords.little($0) + SampleRecords.little(UInt64(1)) }
    }

    @Test func takesTheParametersThatXenLetsARestoreSet() throws {
        let all = parameterBody(LibxcRecords.parameterIndices)
        #expect(try stateFault(2, SampleRecords.record(0x0a, all)) == nil)
        for index in UInt64(0)...80 where !LibxcRecords.parameterIndices.contains(index) {
            #expect(try stateFault(2, SampleRecords.record(0x0a, parameterBody([index]))) == .parameter(index))
        }
        let twice = parameterBody([1, 17, 1])
        #expect(try stateFault(2, SampleRecords.record(0x0a, twice)) == .parameterRepeated(1))
    }

    @Test func countsTheParametersExactly() throws {
        let length = UInt32(8 + 16)
        #expect(try stateFault(2, SampleRecords.record(0x0a, parameterBody([]))) == .length(.hvmParameters, actual: 8))
        for count in [0, 2, 0x1000_0001] as [UInt32] {
            let body = parameterBody([1], count: count)
            #expect(try stateFault(2, SampleRecords.record(0x0a, body)) == .length(.hvmParameters, actual: length))
        }
        let many = parameterBody([UInt64](repeating: 1, count: LibxcRecords.maximumParameterCount + 1))
        let size = UInt32(8 + 17 * 16)
        #expect(try stateFault(2, SampleRecords.record(0x0a, many)) == .length(.hvmParameters, actual: size))
        let reserved = parameterBody([1], reserved: 1)
        #expect(try stateFault(2, SampleRecords.record(0x0a, reserved)) == .reservedBits(.hvmParameters))
        let odd = parameterBody([1]) + [0, 0, 0]
        #expect(try stateFault(2, SampleRecords.record(0x0a, odd)) == .length(.hvmParameters, actual: length + 3))
    }
}
