public import ReplicaModel
internal import SystemKit

/// The first 4096 bytes of a journal: what it is for, and how to know that it is whole.
///
/// After it come the runs, 16 bytes each (offset and length on the disk), and then the old content of all runs in the
/// same order. All numbers are little-endian.
public struct UndoJournalHeader: Equatable, Sendable {
    /// The length of the header in the file.
    public static let bytes = 4096
    /// The longest name of a resource, in bytes of UTF-8.
    public static let longestName = 64
    static let runBytes: UInt64 = 16
    // The most runs that a log of the largest size can have.
    private static let mostRuns: UInt64 = 1 << 24
    private static let magic: UInt64 = 0x4c4e_524a_4f44_4e55  // "UNDOJRNL"
    private static let version: UInt32 = 2
    private static let fixedBytes = 72
    private static let checkedBytes = fixedBytes + longestName

    /// The DRBD resource whose disk it takes back.
    public let resource: String
    /// The epoch whose content the disk has afterwards.
    public let epoch: Epoch
    /// The generation of the owner that takes the disk back; to any other owner the journal is nothing.
    public let generation: Generation
    /// By which the journals of one takeover know each other.
    public let takeover: UInt64
    /// The size of the disk.
    public let diskBytes: UInt64
    /// How many runs there are.
    public let runCount: UInt64
    /// How much old content there is in all runs.
    public let dataBytes: UInt64
    /// The CRC32C of everything after the header.
    public let bodyChecksum: UInt32

    /// The identifiers under which it is being applied; `nil` while nothing of it was.
    public private(set) var mark: UndoMark?

    /// The length of the whole file.
    public var fileBytes: UInt64 { UInt64(Self.bytes) + runCount * Self.runBytes + dataBytes }

    init(purpose: UndoPurpose, diskBytes: UInt64, runs: [UndoRun], bodyChecksum: UInt32) {
        resource = purpose.resource
        epoch = purpose.epoch
        generation = purpose.generation
        takeover = purpose.takeover
        self.diskBytes = diskBytes
        runCount = UInt64(runs.count)
        dataBytes = runs.reduce(0) { $0 + $1.bytes }
        self.bodyChecksum = bodyChecksum
    }

    /// Reads a header.
    ///
    /// - Parameter raw: The first ``bytes`` bytes of the file.
    /// - Throws: ``UndoJournalFault``.
    init(_ raw: RawSpan) throws(UndoJournalFault) {
        guard raw.byteCount == Self.bytes else { throw .wrongLength }
        func number64(_ offset: Int) -> UInt64 {
            UInt64(littleEndian: raw.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
        }
        func number32(_ offset: Int) -> UInt32 {
            UInt32(littleEndian: raw.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
        }
        guard number64(0) == Self.magic else { throw .notAJournal }
        guard number32(8) == Self.version else { throw .version(number32(8)) }
        guard number32(Self.checkedBytes) == Self.checksum(raw) else { throw .damaged }
        let markEnd = UndoMark.offset + UndoMark.bytes
        for padding in [Self.checkedBytes + 4..<UndoMark.offset, markEnd..<Self.bytes] {
            guard raw.extracting(padding).withUnsafeBytes({ $0.allSatisfy { $0 == 0 } }) else { throw .damaged }
        }
        mark = try UndoMark(raw.extracting(UndoMark.offset..<markEnd))
        let nameBytes = Int(number32(12))
        guard nameBytes <= Self.longestName else { throw .damaged }
        resource = raw.extracting(Self.fixedBytes..<Self.fixedBytes + nameBytes).withUnsafeBytes {
            String(decoding: $0, as: UTF8.self)
        }
        epoch = Epoch(rawValue: number64(16))
        diskBytes = number64(24)
        runCount = number64(32)
        dataBytes = number64(40)
        bodyChecksum = number32(48)
        generation = Generation(rawValue: number64(56))
        takeover = number64(64)
        // So that no sum of these overflows, and no table of runs is larger than it can be.
        guard runCount <= Self.mostRuns, diskBytes <= 1 << 60, dataBytes <= diskBytes else { throw .damaged }
    }

    /// The header as it is written.
    func encoded() -> [UInt8] {
        var raw = [UInt8](repeating: 0, count: Self.bytes)
        func put(_ number: some FixedWidthInteger, _ offset: Int) {
            withUnsafeBytes(of: number.littleEndian) { bytes in
                for (index, byte) in bytes.enumerated() { raw[offset + index] = byte }
            }
        }
        let name = Array(resource.utf8)
        put(Self.magic, 0)
        put(Self.version, 8)
        put(UInt32(name.count), 12)
        put(epoch.rawValue, 16)
        put(diskBytes, 24)
        put(runCount, 32)
        put(dataBytes, 40)
        put(bodyChecksum, 48)
        put(generation.rawValue, 56)
        put(takeover, 64)
        raw.replaceSubrange(Self.fixedBytes..<Self.fixedBytes + name.count, with: name)
        put(Self.checksum(raw.span.bytes), Self.checkedBytes)
        return raw
    }

    private static func checksum(_ raw: RawSpan) -> UInt32 {
        var checksum = Checksum()
        raw.extracting(0..<checkedBytes).withUnsafeBytes { checksum.update($0) }
        return checksum.value
    }
}
