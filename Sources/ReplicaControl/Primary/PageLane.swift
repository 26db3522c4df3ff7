// The thread that encodes the pages of one shard while others are being sent.

internal import CheckpointStream
internal import PageEncoding
internal import Synchronization
internal import SystemKit

/// Encodes the batches of one shard into a few buffers, in their order, as far ahead of the sender as those reach.
final class PageLane: Sendable {
    /// What the sender gets.
    enum Outcome: Sendable {
        /// A payload of so many bytes lies in a buffer, which is to be given back.
        case payload(slot: Int, count: Int)
        /// All batches of the records came before this; the lane does not look at them any more.
        case finished
        /// The batch could not be encoded; nothing more comes.
        case failed(PageEncodingError)
    }

    private enum Job: @unchecked Sendable {
        // `@unchecked Sendable`: the records stay as they are until the lane has finished them or has ended.
        case encode(UnsafeRawBufferPointer, epoch: UInt64)
        case end
    }

    private let shard: Int
    private let encoders: PageEncoderShards
    private let packs: Bool
    private let buffers: AnonymousMemory
    private let jobs = Mailbox<Job>(capacity: 2)
    private let free = Mailbox<Int>(capacity: slots + 1)
    private let done = Mailbox<Outcome>(capacity: slots + 1)
    private let nanoseconds = Atomic<UInt64>(0)
    private let sent = Atomic<UInt64>(0)
    private let thread = Mutex<Thread?>(nil)

    /// Batches that may wait to be sent.
    private static let slots = 3
    /// Given instead of a buffer when the lane is to end.
    private static let noSlot = -1
    private static let slotBytes = PagesHeader.size + EncodedBatch.maximumSize(pages: PageBatches.mostPages)

    /// The bytes of one lane's buffers.
    static var bytes: Int { slots * slotBytes }

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - shard: The shard that is encoded here.
    ///   - encoders: The encoders of all shards.
    ///   - packs: Whether whole batches are packed.
    ///   - name: The domain's name, for the thread's.
    /// - Throws: ``SystemError``.
    init(shard: Int, encoders: PageEncoderShards, packs: Bool, name: String) throws(SystemError) {
        self.shard = shard
        self.encoders = encoders
        self.packs = packs
        buffers = try AnonymousMemory(reserving: Self.bytes)
        for slot in 0..<Self.slots { free.post(slot) }
        try thread.withLock { (thread) throws(SystemError) in
            thread = try Thread(name: "enc\(shard)-\(name)") { self.run() }
        }
    }

    /// Begins to encode the shard's batches of staged records.
    ///
    /// - Parameters:
    ///   - records: The records; they stay as they are until ``Outcome/finished`` was taken.
    ///   - epoch: The epoch of the batches.
    func encode(_ records: UnsafeRawBufferPointer, epoch: UInt64) { jobs.post(.encode(records, epoch: epoch)) }

    /// Takes what comes next.
    ///
    /// - Parameter deadline: Until when to wait, in nanoseconds of the monotonic clock.
    /// - Returns: `nil` when none came in time.
    func next(before deadline: UInt64) -> Outcome? { done.next(before: deadline) }

    /// The bytes of a payload.
    func payload(slot: Int, count: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(room(slot))[..<count])
    }

    /// Gives a buffer back whose payload was sent.
    func giveBack(_ slot: Int) { free.post(slot) }

    /// Bytes of all batches so far, as they are sent.
    var sentBytes: UInt64 { sent.load(ordering: .relaxed) }

    /// How long encoding took so far, in nanoseconds.
    var encodingNanoseconds: UInt64 { nanoseconds.load(ordering: .relaxed) }

    /// Ends the thread, and returns once it touches nothing any more; a second call does nothing.
    func end() {
        free.post(Self.noSlot)
        jobs.post(.end)
        thread.withLock { $0.take() }?.join()
    }

    private func run() {
        do throws(PageEncodingError) {
            let packing = try packs ? Packing(bytes: Self.slotBytes) : nil
            while let job = jobs.next(before: .max) {
                guard case .encode(let records, let epoch) = job, try encodeAll(records, epoch, packing) else { return }
            }
        } catch { done.post(.failed(error)) }
    }

    /// Encodes the shard's batches of records.
    ///
    /// - Returns: `false` when the lane is to end.
    private func encodeAll(
        _ records: UnsafeRawBufferPointer, _ epoch: UInt64, _ packing: Packing?
    ) throws(PageEncodingError) -> Bool {
        var batches = PageBatches(records, shards: encoders.layout.shards)
        while let batch = batches.next() {
            guard batch.shard == shard else { continue }
            guard let slot = free.next(before: .max), slot != Self.noSlot else { return false }
            let began = Clock.monotonic
            let count = try encode(batch, epoch, packing, into: room(slot))
            nanoseconds.add(Clock.monotonic - began, ordering: .relaxed)
            sent.add(UInt64(count - PagesHeader.size), ordering: .relaxed)
            done.post(.payload(slot: slot, count: count))
        }
        done.post(.finished)
        return true
    }

    /// Encodes a batch, and packs it where that makes it smaller.
    ///
    /// - Returns: The bytes of the payload.
    private func encode(
        _ batch: PageBatches.Batch, _ epoch: UInt64, _ packing: Packing?,
        into room: UnsafeMutableRawBufferPointer
    ) throws(PageEncodingError) -> Int {
        var header = batch.header
        let body = UnsafeMutableRawBufferPointer(rebasing: room[PagesHeader.size...])
        var size = try encoders.encode(
            shard: shard, epoch: epoch, frames: Span(_unsafeElements: batch.frames), pages: batch.contents,
            into: packing?.plain.bytes ?? body)
        if let packing {
            let encoded = UnsafeRawBufferPointer(rebasing: packing.plain.bytes[..<size])
            let less = UnsafeMutableRawBufferPointer(rebasing: body[..<(size - 1)])
            if let packed = packing.packer.pack(encoded, into: less) {
                header.unpackedBytes = size
                size = packed
            } else {
                body.copyMemory(from: encoded)
            }
        }
        if let start = room.baseAddress { header.write(to: start) }
        return PagesHeader.size + size
    }

    private func room(_ slot: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: buffers.bytes[slot * Self.slotBytes..<(slot + 1) * Self.slotBytes])
    }
}

/// What packs whole batches; of the lane's thread alone.
private final class Packing {
    let packer: BatchPacker
    /// Where a batch is encoded before it is packed.
    let plain: AnonymousMemory

    init(bytes: Int) throws(PageEncodingError) {
        packer = try BatchPacker()
        do throws(SystemError) { plain = try AnonymousMemory(reserving: bytes) } catch {
            throw .noMemory(bytes: bytes, code: error.code)
        }
    }
}
