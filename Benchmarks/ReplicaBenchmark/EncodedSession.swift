import CheckpointStream
import PageEncoding
import SystemKit

/// Both ends of a session: what a lane of the primary does with staged pages, and what the backup makes of it.
struct EncodedSession: ~Copyable {
    // What a lane has for packing batches, and the backup for unpacking them.
    private final class Packing {
        let packer: BatchPacker
        let unpacker: BatchUnpacker
        let plain: AnonymousMemory

        init() throws {
            packer = try BatchPacker()
            unpacker = try BatchUnpacker()
            plain = try AnonymousMemory(reserving: EncodedBatch.maximumSize(pages: PageBatches.mostPages))
        }
    }

    /// A batch as it is sent: its bytes, and how many it has unpacked, or 0.
    private struct Sent {
        let count: Int
        let unpacked: Int
    }

    private var encoder: PageEncoder
    private var decoder: PageDecoder
    private let packing: Packing?
    private var sent: [Sent] = []
    // What the decoder says of the pages' frames.
    private let frames = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: PageBatches.mostPages)
    /// Bytes of the batches that were encoded last.
    private(set) var sentBytes = 0

    /// Begins with empty caches.
    ///
    /// - Parameters:
    ///   - scheme: How pages are encoded, not ``BenchmarkScheme/none``.
    ///   - layout: The caches; one shard.
    ///   - batches: The most batches that are encoded at once.
    /// - Throws: ``PageEncodingError`` or `SystemError` if there is not the memory.
    init(_ scheme: BenchmarkScheme, _ layout: ShardLayout, batches: Int) throws {
        let encoder = try PageEncoder(layout: layout, shard: 0, packingThreshold: scheme.packingThreshold)
        let decoder = try PageDecoder(layout: layout, shard: 0)
        packing = scheme.packsBatches ? try Packing() : nil
        self.encoder = encoder
        self.decoder = decoder
        sent.reserveCapacity(batches)
        frames.initialize(repeating: 0)
    }

    deinit { frames.deallocate() }

    /// What was encoded so far.
    var counters: EncodingCounters { encoder.counters }

    /// Encodes the pages of records, batch by batch.
    ///
    /// - Parameters:
    ///   - records: The records.
    ///   - epoch: Their epoch.
    ///   - target: Memory for the largest batch there can be, for each of them.
    /// - Throws: ``PageEncodingError``.
    mutating func encode(
        _ records: UnsafeRawBufferPointer, epoch: UInt64, into target: UnsafeMutableRawBufferPointer
    ) throws {
        sent.removeAll(keepingCapacity: true)
        sentBytes = 0
        var batches = PageBatches(records, shards: 1)
        while let batch = batches.next() {
            let room = UnsafeMutableRawBufferPointer(rebasing: target[sentBytes...])
            let size = try encoder.encode(
                epoch: epoch, frames: Span(_unsafeElements: batch.frames), pages: batch.contents,
                into: packing?.plain.bytes ?? room)
            let one = packing.map { Self.pack($0, size, into: room) } ?? Sent(count: size, unpacked: 0)
            sent.append(one)
            sentBytes += one.count
        }
    }

    private static func pack(_ packing: Packing, _ size: Int, into room: UnsafeMutableRawBufferPointer) -> Sent {
        let encoded = UnsafeRawBufferPointer(rebasing: packing.plain.bytes[..<size])
        if let packed = packing.packer.pack(encoded, into: .init(rebasing: room[..<(size - 1)])) {
            return Sent(count: packed, unpacked: size)
        }
        room.copyMemory(from: encoded)
        return Sent(count: size, unpacked: 0)
    }

    /// Decodes what was encoded last.
    ///
    /// - Parameters:
    ///   - source: What it was encoded into.
    ///   - pages: Memory for all its pages.
    /// - Throws: ``PageEncodingError``.
    mutating func decode(_ source: UnsafeRawBufferPointer, into pages: UnsafeMutableRawBufferPointer) throws {
        var (offset, page) = (0, 0)
        var list = MutableSpan(_unsafeElements: frames)
        for one in sent {
            var batch = UnsafeRawBufferPointer(rebasing: source[offset..<offset + one.count])
            if one.unpacked > 0, let packing {
                let plain = UnsafeMutableRawBufferPointer(rebasing: packing.plain.bytes[..<one.unpacked])
                try packing.unpacker.unpack(batch, into: plain)
                batch = UnsafeRawBufferPointer(plain)
            }
            page += try decoder.decode(
                batch, frames: &list, pages: .init(rebasing: pages[(page * PageSet.pageSize)...]))
            offset += one.count
        }
    }
}
