import Foundation
import Testing

@testable import LabKit

@Suite struct RecordedStreamTests {
    /// Two headers, a record whose body is padded, a mark, and the end.
    private static let bytes: [UInt8] =
        [UInt8](repeating: 0xff, count: 40) + [1, 0, 0, 0, 9, 0, 0, 0] + [UInt8](repeating: 7, count: 16)
        + [0x0e, 0, 0, 0, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 8)

    /// Runs a body with a file of these bytes.
    private func withFile(_ bytes: [UInt8], _ body: (String) throws -> Void) throws {
        let path = NSTemporaryDirectory() + "recorded-stream-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        try body(path)
    }

    @Test func findsEveryRecord() throws {
        try withFile(Self.bytes) { path in
            let records = try RecordedStream(path: path).records
            #expect(
                records == [
                    .init(offset: 40, type: RecordedStream.pageData, length: 9),
                    .init(offset: 64, type: RecordedStream.checkpoint, length: 0),
                    .init(offset: 72, type: RecordedStream.end, length: 0),
                ])
        }
    }

    @Test func aStreamThatEndsInsideARecordIsNone() throws {
        for count in [41, 48, 60, 66] {
            try withFile(Array(Self.bytes.prefix(count))) { path in
                #expect(throws: LabError.self) { _ = try RecordedStream(path: path) }
            }
        }
    }

    @Test func breaksOneLength() throws {
        try withFile(Self.bytes) { path in
            let record = try #require(try RecordedStream(path: path).records.first)
            try RecordedStream.breakLength(of: record, in: path)
            var expected = Self.bytes
            expected[44] = 1
            let changed = try Data(contentsOf: URL(fileURLWithPath: path))
            #expect(Array(changed) == expected)
        }
    }
}
