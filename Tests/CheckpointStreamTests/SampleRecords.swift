import CheckpointStream

/// Streams of a small imaginary PVH guest, and the pieces that tests break.
enum SampleRecords {
    static let frameLimit: UInt64 = 0xf_f000
    static let cpuidPolicy = [UInt8]((0..<48).map { UInt8($0) })
    static let msrPolicy = [UInt8]((0..<32).map { UInt8($0) })
    static let tsc = TSCInfo(mode: 0, kilohertz: 2_400_000, nanoseconds: 0x1122_3344_5566_7788, incarnation: 1)
    static let parameters = [
        HVMParameter(index: 1, value: 0xf_effd), HVMParameter(index: 17, value: 0xf_effc),
        HVMParameter(index: 36, value: 8),
    ]

    /// A well-formed HVM context whose length is not a multiple of 8.
    static let context: [UInt8] = {
        var bytes: [UInt8] = [1, 0, 0, 0, 24, 0, 0, 0]
        bytes += [0x86, 0x12, 0x38, 0x54, 1, 0, 0, 0] + [UInt8](repeating: 7, count: 16)
        bytes += [2, 0, 0, 0, 13, 0, 0, 0] + [UInt8](repeating: 0xee, count: 13)
        bytes += [0, 0, 0, 0, 0, 0, 0, 0]
        return bytes
    }()

    /// The image: headers, static data and a record for each list of frames.
    static func image(frames: [[UInt64]] = [[0, 1, 2], [0xf_effc]]) throws -> [UInt8] {
        try bytes(capacity: 4096 + frames.joined().count * 5000) { (writer) throws(StreamError) in
            try writer.writeHeaders(xenMajor: 4, xenMinor: 17)
            try writer.writeCPUIDPolicy(cpuidPolicy.span.bytes)
            try writer.writeMSRPolicy(msrPolicy.span.bytes)
            try writer.writeStaticDataEnd()
            for list in frames { try writePages(list, &writer) }
        }
    }

    /// One checkpoint with a record for each list of frames.
    static func checkpoint(frames: [[UInt64]] = [[5, 6], [0x123]]) throws -> [UInt8] {
        try bytes(capacity: 4096 + frames.joined().count * 5000) { (writer) throws(StreamError) in
            for list in frames { try writePages(list, &writer) }
            try writeState(&writer)
        }
    }

    static func writePages(_ frames: [UInt64], _ writer: inout RecordWriter) throws(StreamError) {
        let contents = try writer.writePageData(frames: frames.span)
        for (position, frame) in frames.enumerated() {
            for offset in stride(from: 0, to: 4096, by: 8) {
                contents.storeBytes(
                    of: frame &* 0x9e37 &+ UInt64(offset), toByteOffset: position * 4096 + offset, as: UInt64.self)
            }
        }
    }

    static func writeState(_ writer: inout RecordWriter) throws(StreamError) {
        try writer.writeTSCInfo(tsc)
        try writer.writeHVMContext(context.span.bytes)
        try writer.writeHVMParameters(parameters.span)
    }

    static func bytes(
        capacity: Int, _ body: (inout RecordWriter) throws(StreamError) -> Void
    ) throws(StreamError) -> [UInt8] {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 8)
        defer { buffer.deallocate() }
        // Whatever a writer leaves out must show.
        for position in buffer.indices { buffer[position] = 0xa5 }
        var writer = RecordWriter(into: buffer)
        try body(&writer)
        return Array(writer.written)
    }

    /// A record of any type and body, padded with zeros.
    static func record(_ type: UInt32, _ body: [UInt8]) -> [UInt8] {
        little(type) + little(UInt32(body.count)) + body + [UInt8](repeating: 0, count: (8 - body.count % 8) % 8)
    }

    static func little<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }

    /// The whole records of a stream, without its first `skipping` bytes.
    static func split(_ stream: [UInt8], skipping: Int = 0) -> [[UInt8]] {
        var records: [[UInt8]] = []
        var start = skipping
        while start < stream.count {
            let length = stream[start + 4..<start + 8].reversed().reduce(0) { $0 << 8 | Int($1) }
            let end = start + 8 + (length + 7) / 8 * 8
            records.append(Array(stream[start..<end]))
            start = end
        }
        return records
    }
}

extension Array where Element == UInt8 {
    /// The fault that a verifier finds in these bytes as a checkpoint, or `nil`.
    func checkpointFault(pages: UInt64? = nil, limit: UInt64 = SampleRecords.frameLimit) -> RecordFault? {
        withUnsafeBytes { raw in
            var verifier = RecordVerifier(frameLimit: limit, byteLimit: UInt64(raw.count))
            return fault { () throws(StreamError) in
                try verifier.feed(raw)
                if let pages { _ = try verifier.finish(pages: pages) } else { try verifier.finishUncounted() }
            }
        }
    }

    /// The fault that a verifier finds in these bytes as an image, or `nil`.
    func imageFault(limit: UInt64 = SampleRecords.frameLimit) -> RecordFault? {
        withUnsafeBytes { raw in
            var verifier = ImageVerifier(frameLimit: limit)
            return fault { () throws(StreamError) in
                try verifier.feed(raw)
                _ = try verifier.finish()
            }
        }
    }

    private func fault(_ body: () throws(StreamError) -> Void) -> RecordFault? {
        do throws(StreamError) {
            try body()
            return nil
        } catch {
            guard case .record(_, _, let fault) = error else { return .truncated }
            return fault
        }
    }
}

extension RecordVerifier {
    /// Ends a checkpoint whose number of pages does not matter to the test.
    func finishUncounted() throws(StreamError) {
        do throws(StreamError) {
            _ = try finish(pages: .max)
        } catch {
            guard case .record(_, _, .pageCount) = error else { throw error }
        }
    }
}
