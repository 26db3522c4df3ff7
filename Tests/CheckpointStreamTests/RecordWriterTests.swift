import CheckpointStream
import Testing

@Suite struct RecordWriterTests {
    @Test func writesTheHeadersOfAnHVMImage() throws {
        let bytes = try SampleRecords.bytes(capacity: 40) { (writer) throws(StreamError) in
            try writer.writeHeaders(xenMajor: 4, xenMinor: 17)
        }
        let image: [UInt8] =
            [UInt8](repeating: 0xff, count: 8) + [0x58, 0x45, 0x4e, 0x46, 0, 0, 0, 3] + [0, 0, 0, 0, 0, 0, 0, 0]
        let domain: [UInt8] = [2, 0, 0, 0, 12, 0, 0, 0, 4, 0, 0, 0, 17, 0, 0, 0]
        #expect(bytes == image + domain)
    }

    @Test func writesTheTimeStampCounter() throws {
        let bytes = try SampleRecords.bytes(capacity: 32) { (writer) throws(StreamError) in
            try writer.writeTSCInfo(TSCInfo(mode: 2, kilohertz: 0x0102_0304, nanoseconds: 0x0a0b, incarnation: 9))
        }
        #expect(
            bytes == [8, 0, 0, 0, 24, 0, 0, 0] + [2, 0, 0, 0, 4, 3, 2, 1, 0x0b, 0x0a, 0, 0, 0, 0, 0, 0]
                + [9, 0, 0, 0, 0, 0, 0, 0])
    }

    @Test func padsABodyWithZeros() throws {
        let bytes = try SampleRecords.bytes(capacity: 64) { (writer) throws(StreamError) in
            try writer.writeHVMContext(([1, 2, 3, 4, 5] as [UInt8]).span.bytes)
            try writer.writeCheckpoint()
        }
        #expect(bytes == [9, 0, 0, 0, 5, 0, 0, 0, 1, 2, 3, 4, 5, 0, 0, 0, 0x0e, 0, 0, 0, 0, 0, 0, 0])
    }

    @Test func writesParametersAsPairs() throws {
        let bytes = try SampleRecords.bytes(capacity: 64) { (writer) throws(StreamError) in
            try writer.writeHVMParameters([HVMParameter(index: 1, value: 0x1234)].span)
        }
        let body: [UInt8] = [1, 0, 0, 0, 0, 0, 0, 0] + [1, 0, 0, 0, 0, 0, 0, 0] + [0x34, 0x12, 0, 0, 0, 0, 0, 0]
        #expect(bytes == [0x0a, 0, 0, 0, 24, 0, 0, 0] + body)
    }

    @Test func saysHowMuchRoomIsMissingAndWritesNothing() throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 40, alignment: 8)
        defer { buffer.deallocate() }
        var writer = RecordWriter(into: buffer)
        try writer.writeTSCInfo(SampleRecords.tsc)
        #expect(throws: StreamError.noRoom(needed: 4096 + 24, available: 8)) {
            _ = try writer.writePageData(frames: ([1] as [UInt64]).span)
        }
        #expect(writer.count == 32)
        try writer.writeCheckpoint()
        #expect(writer.count == 40)
        #expect(throws: StreamError.noRoom(needed: 8, available: 0)) { try writer.writeEnd() }
    }

    @Test func takesExactlyTheSizesThatAreFormulated() throws {
        let prologue = LibxcRecords.prologueSize(cpuid: 48, msr: 32)
        #expect(try SampleRecords.image(frames: []).count == prologue)
        let context = SampleRecords.context.count
        let frames = [[UInt64](0..<1024), [2000]]
        let size = try SampleRecords.checkpoint(frames: frames).count
        let unused = (LibxcRecords.maximumParameterCount - SampleRecords.parameters.count) * HVMParameter.size
        #expect(size == LibxcRecords.checkpointSize(pages: 1025, context: context) - unused)
    }
}

@Suite struct PageDataLayoutTests {
    @Test(arguments: [1, 2, 1023, 1024]) func putsTheContentsAfterTheFrames(count: Int) throws {
        let layout = PageDataLayout(count: count)
        #expect(layout.contentsOffset == 16 + 8 * count)
        #expect(layout.size == 16 + 8 * count + 4096 * count)
        #expect(layout.size % 8 == 0)
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: layout.size, alignment: 8)
        defer { memory.deallocate() }
        let frames = (0..<UInt64(count)).map { $0 * 3 + 0x1_0000_0001 }
        let base = try #require(memory.baseAddress)
        let contents = layout.write(frames: frames.span, at: base)
        #expect(contents.count == 4096 * count)
        #expect(contents.baseAddress == base + layout.contentsOffset)
        let head =
            SampleRecords.little(UInt32(1)) + SampleRecords.little(UInt32(layout.size - 8))
            + SampleRecords.little(UInt32(count)) + [0, 0, 0, 0] + frames.flatMap { SampleRecords.little($0) }
        #expect(Array(memory[..<layout.contentsOffset]) == head)
    }

    @Test func stagesAnyNumberOfPagesInFullRecords() {
        for pages in [0, 1, 2, 1023, 1024, 1025, 2047, 2048, 2049, 100_000] {
            var size = 0
            var rest = pages
            while rest > 0 {
                size += PageDataLayout(count: min(rest, 1024)).size
                rest -= min(rest, 1024)
            }
            #expect(PageDataLayout.stagingSize(pages: pages) == size)
            #expect(PageDataLayout.pages(fittingIn: size) == pages)
            #expect(pages == 0 || PageDataLayout.pages(fittingIn: size - 1) < pages)
        }
    }

    @Test func refusesARecordWithoutFrames() async {
        await #expect(processExitsWith: .failure) { _ = PageDataLayout(count: 0) }
        await #expect(processExitsWith: .failure) { _ = PageDataLayout(count: 1025) }
    }
}

@Suite struct LibxlRecordsTests {
    @Test func beginsAsLibxlExpects() {
        let header: [UInt8] = [0x4c, 0x69, 0x62, 0x78, 0x6c, 0x46, 0x6d, 0x74, 0, 0, 0, 2, 0, 0, 0, 0]
        #expect(LibxlRecords.preamble == header + [1, 0, 0, 0, 0, 0, 0, 0])
    }

    @Test func commitsWithBothLayersRecords() throws {
        let checkpoint = try SampleRecords.bytes(capacity: 8) { (writer) throws(StreamError) in
            try writer.writeCheckpoint()
        }
        #expect(LibxlRecords.commit == checkpoint + [4, 0, 0, 0, 0, 0, 0, 0])
    }
}
