/// How the kernel lays an undo log out on its exception store: `drivers/md/dm-snap-persistent.c`, format version 1.
///
/// The first chunk has the header. Then areas of entries and the saved data take turns: one chunk of entries, and as many
/// chunks of data as it has entries. All numbers are little-endian.
public struct UndoLogLayout: Equatable, Sendable {
    /// The length of a sector, in which the kernel counts.
    public static let sectorBytes: UInt64 = 512
    /// The chunk sizes that are allowed: from one page to 64 KiB.
    public static let chunkSectorsRange: ClosedRange<UInt32> = 8...128
    /// The sizes that a store may have: from 1 MiB to 64 GiB.
    public static let storeBytesRange: ClosedRange<UInt64> = 1 << 20...64 << 30
    /// "SnAp".
    static let magic: UInt32 = 0x7041_6e53
    static let version: UInt32 = 1
    static let entryBytes: UInt64 = 16
    /// Magic, validity, version and chunk size.
    static let headerBytes = 16

    /// Sectors of a chunk, a power of two in ``chunkSectorsRange``.
    public let chunkSectors: UInt32
    /// The size of the store.
    public let storeBytes: UInt64
    /// The size of the disk.
    public let diskBytes: UInt64

    /// Checks and takes the three sizes that fix everything else.
    ///
    /// - Parameters:
    ///   - chunkSectors: A power of two in ``chunkSectorsRange``.
    ///   - storeBytes: In ``storeBytesRange``, a multiple of 4096.
    ///   - diskBytes: A multiple of 512, more than 0.
    /// - Throws: ``EpochLayerError/badLimit(_:)``.
    public init(chunkSectors: UInt32, storeBytes: UInt64, diskBytes: UInt64) throws(EpochLayerError) {
        guard Self.chunkSectorsRange.contains(chunkSectors), chunkSectors.nonzeroBitCount == 1 else {
            throw .badLimit("a chunk of \(chunkSectors) sectors: it must be 8, 16, 32, 64 or 128")
        }
        guard Self.storeBytesRange.contains(storeBytes), storeBytes % 4096 == 0 else {
            throw .badLimit("an undo log of \(storeBytes) bytes: it must be whole pages, from 1 MiB to 64 GiB")
        }
        guard diskBytes > 0, diskBytes % Self.sectorBytes == 0 else {
            throw .badLimit("a disk of \(diskBytes) bytes: it must be whole sectors")
        }
        self.chunkSectors = chunkSectors
        self.storeBytes = storeBytes
        self.diskBytes = diskBytes
    }

    /// Bytes of a chunk.
    public var chunkBytes: UInt64 { UInt64(chunkSectors) * Self.sectorBytes }
    /// Chunks of the disk; the last one may be cut off.
    var diskChunks: UInt64 { (diskBytes + chunkBytes - 1) / chunkBytes }
    /// Whole chunks of the store.
    public var storeChunks: UInt64 { storeBytes / chunkBytes }
    /// How many entries an area has.
    var entriesPerArea: Int { Int(chunkBytes / Self.entryBytes) }

    /// Where an area of entries begins, in chunks of the store.
    func areaChunk(_ area: UInt64) -> UInt64 { 1 + area * UInt64(entriesPerArea + 1) }

    /// Whether a chunk of the store can hold saved data.
    func canHoldData(_ chunk: UInt64) -> Bool {
        chunk > 1 && chunk < storeChunks && (chunk - 1) % UInt64(entriesPerArea + 1) != 0
    }
}
