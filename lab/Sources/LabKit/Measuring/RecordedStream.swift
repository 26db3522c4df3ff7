import Foundation

/// A file of libxc records, looked at from record to record; what is in them is for Xen's own checker to judge.
struct RecordedStream {
    /// The head of a record.
    struct Record: Equatable, Sendable {
        /// Where it starts in the file, in bytes.
        let offset: UInt64
        /// Its type's number.
        let type: UInt32
        /// Bytes of its body, without padding.
        let length: UInt32
    }

    static let pageData: UInt32 = 0x01
    static let checkpoint: UInt32 = 0x0e
    static let end: UInt32 = 0x00

    /// Bytes of the headers of the image and of the domain.
    private static let headers: UInt64 = 40

    /// All records in their order.
    let records: [Record]

    /// Reads the heads of a file's records.
    ///
    /// - Throws: ``LabError`` when the file cannot be read, or ends inside a record.
    init(path: String) throws(LabError) {
        let size = Files.size(path)
        do {
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            var records: [Record] = []
            var offset = Self.headers
            while offset + 8 <= size {
                try file.seek(toOffset: offset)
                let head = try file.read(upToCount: 8) ?? Data()
                let words = [head.prefix(4), head.dropFirst(4)].map { bytes in
                    bytes.reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
                }
                records.append(Record(offset: offset, type: words[0], length: words[1]))
                offset += 8 + (UInt64(words[1]) + 7) & ~7
            }
            guard offset == size else { throw CocoaError(.fileReadCorruptFile) }
            self.records = records
        } catch {
            throw LabError(
                .commandFailed, attempt: "read the records of \(path)", outcome: "it ends inside a record: \(error)")
        }
    }

    /// Changes one bit of a record's length in the file.
    static func breakLength(of record: Record, in path: String) throws(LabError) {
        do {
            let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
            try file.seek(toOffset: record.offset + 4)
            try file.write(contentsOf: Data([UInt8(truncatingIfNeeded: record.length) ^ 8]))
            try file.close()
        } catch {
            throw LabError(
                .systemCallFailed, attempt: "change a byte of \(path)", outcome: error.localizedDescription)
        }
    }
}
