import CLinux
import Glibc
import Synchronization
import SystemKit

/// What the device should have, block by block: the versions of the last writes that were completed, and that were begun.
///
/// A block is written by one thread at a time.
///
/// `@unchecked Sendable`: the counters are atomics at fixed places, the rest does not change.
final class DiskModel: @unchecked Sendable {
    static let blockBytes = 4096
    static let longestWrite = 64

    let blocks: Int
    private let path: String
    private let device: FileDescriptor
    private let begun: UnsafeMutablePointer<Atomic<UInt32>>
    private let completed: UnsafeMutablePointer<Atomic<UInt32>>

    init(path: String, megabytes: Int) throws(ExerciseError) {
        let number = rc_open_direct(path)
        guard number >= 0 else { throw .failed("open \(path)", String(cString: strerror(-number))) }
        device = FileDescriptor(owning: number)
        self.path = path
        blocks = megabytes << 20 / Self.blockBytes
        begun = .allocate(capacity: blocks)
        completed = .allocate(capacity: blocks)
        for block in 0..<blocks {
            (begun + block).initialize(to: Atomic(0))
            (completed + block).initialize(to: Atomic(0))
        }
    }

    deinit {
        begun.deinitialize(count: blocks)
        completed.deinitialize(count: blocks)
        begun.deallocate()
        completed.deallocate()
    }

    /// The versions of the last writes that were completed.
    func allCompleted() -> [UInt32] { (0..<blocks).map { completed[$0].load(ordering: .acquiring) } }

    /// The versions of the last writes that were begun.
    func allBegun() -> [UInt32] { (0..<blocks).map { begun[$0].load(ordering: .acquiring) } }

    /// Writes new versions of some blocks.
    ///
    /// - Parameters:
    ///   - first: The first block.
    ///   - count: How many, at most ``longestWrite``.
    ///   - room: Aligned memory for so many blocks.
    /// - Throws: ``ExerciseError/failed(_:_:)``.
    func write(_ first: Int, count: Int, room: UnsafeMutableRawBufferPointer) throws(ExerciseError) {
        let perBlock = Self.blockBytes / Sector.bytes
        for block in first..<first + count {
            let version = begun[block].wrappingAdd(1, ordering: .acquiringAndReleasing).newValue
            for index in 0..<perBlock {
                let start = (block - first) * Self.blockBytes + index * Sector.bytes
                Sector.fill(
                    UnsafeMutableRawBufferPointer(rebasing: room[start..<start + Sector.bytes]),
                    number: block * perBlock + index, version: version)
            }
        }
        let bytes = count * Self.blockBytes
        guard pwrite(device.number, room.baseAddress, bytes, off_t(first * Self.blockBytes)) == bytes else {
            throw .failed("write to \(path)", String(cString: strerror(errno)))
        }
        for block in first..<first + count {
            completed[block].store(begun[block].load(ordering: .acquiring), ordering: .releasing)
        }
    }

    /// Gives every block a new version.
    func writeAll() throws(ExerciseError) {
        let room = Self.room()
        defer { room.deallocate() }
        for first in stride(from: 0, to: blocks, by: Self.longestWrite) {
            try write(first, count: min(Self.longestWrite, blocks - first), room: room)
        }
    }

    /// Reads all blocks and counts the sectors whose version is not within the bounds of their block, or that are torn.
    func wrongSectors(_ oldest: [UInt32], _ newest: [UInt32]) throws(ExerciseError) -> Int {
        let room = Self.room()
        defer { room.deallocate() }
        let perBlock = Self.blockBytes / Sector.bytes
        var wrong = 0
        for first in stride(from: 0, to: blocks, by: Self.longestWrite) {
            let count = min(Self.longestWrite, blocks - first)
            let bytes = count * Self.blockBytes
            guard pread(device.number, room.baseAddress, bytes, off_t(first * Self.blockBytes)) == bytes else {
                throw .failed("read \(path)", String(cString: strerror(errno)))
            }
            for index in 0..<count * perBlock {
                let start = index * Sector.bytes
                let block = first + index / perBlock
                let version = Sector.version(
                    UnsafeRawBufferPointer(rebasing: room[start..<start + Sector.bytes]),
                    number: first * perBlock + index)
                guard let version, oldest[block]...newest[block] ~= version else {
                    wrong += 1
                    continue
                }
            }
        }
        return wrong
    }

    static func room() -> UnsafeMutableRawBufferPointer {
        .allocate(byteCount: longestWrite * blockBytes, alignment: blockBytes)
    }
}
