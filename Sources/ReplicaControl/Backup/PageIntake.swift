// What one replica takes encoded pages in with.

public import CheckpointStream
internal import PageEncoding
internal import Synchronization
internal import SystemKit

/// The page caches of one replica, in step with the primary's, and the room into which encoded pages are received.
///
/// One thread at a time uses it: first the one that takes the image, then the one that stages checkpoints. It lives as
/// long as the connection, because the caches are of use only to the batches of that connection.
public final class PageIntake: Sendable {
    private let terms: EncodingTerms
    private let decoders: PageDecoderShards
    private let payload: AnonymousMemory
    /// Where packed batches are unpacked to, and what does so; `nil` where they are not packed.
    private let unpacking: Unpacking?
    private let received = Atomic<UInt64>(0)

    private final class Unpacking: Sendable {
        let unpacker: Mutex<BatchUnpacker>
        let batch: AnonymousMemory

        init() throws(SessionFailure) {
            do throws(PageEncodingError) { unpacker = Mutex(try BatchUnpacker()) } catch { throw SessionFailure(error) }
            do throws(SystemError) { batch = try AnonymousMemory(reserving: FrameHeader.maximumBulk) } catch {
                throw SessionFailure(error)
            }
        }
    }

    /// Makes empty caches.
    ///
    /// - Parameters:
    ///   - terms: What the primary proposed and this host accepted.
    ///   - highestFrame: The domain's highest frame number.
    /// - Throws: ``SessionFailure`` when this host has not the memory for them.
    public init(_ terms: EncodingTerms, highestFrame: UInt64) throws(SessionFailure) {
        self.terms = terms
        do throws(PageEncodingError) {
            decoders = try PageDecoderShards(layout: ShardLayout(terms, highestFrame: highestFrame))
        } catch { throw SessionFailure(error) }
        do throws(SystemError) { payload = try AnonymousMemory(reserving: FrameHeader.maximumBulk) } catch {
            throw SessionFailure(error)
        }
        unpacking = try terms.packing == .zstd ? Unpacking() : nil
    }

    /// Where the payload of a frame of pages is received.
    public var room: UnsafeMutableRawBufferPointer { payload.bytes }

    /// The payload that was received last.
    ///
    /// - Parameter header: Its frame's header.
    /// - Returns: The bytes, until the next frame of pages is received.
    public func received(_ header: FrameHeader) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: payload.bytes[..<header.payloadLength])
    }

    /// What was decoded so far.
    var status: EncodingStatus {
        EncodingStatus(terms, decoders.counters, sentBytes: received.load(ordering: .relaxed))
    }

    /// The batch behind a header, unpacked where it is packed.
    ///
    /// - Parameters:
    ///   - header: The header.
    ///   - bytes: What follows it.
    /// - Returns: The batch, until the next call.
    /// - Throws: ``PagesFault``.
    func batch(_ header: PagesHeader, _ bytes: UnsafeRawBufferPointer) throws(PagesFault) -> UnsafeRawBufferPointer {
        received.add(UInt64(bytes.count), ordering: .relaxed)
        guard header.unpackedBytes > 0 else { return bytes }
        guard let unpacking else { throw .notAgreed }
        let room = UnsafeMutableRawBufferPointer(rebasing: unpacking.batch.bytes[..<header.unpackedBytes])
        do throws(PageEncodingError) {
            try unpacking.unpacker.withLock { (unpacker) throws(PageEncodingError) in
                try unpacker.unpack(bytes, into: room)
            }
        } catch { throw .batch(error.description) }
        return UnsafeRawBufferPointer(room)
    }

    /// Decodes a batch whose number of pages is known, to its place in a record.
    ///
    /// - Parameters:
    ///   - batch: The batch, exactly.
    ///   - frames: The places of the frame numbers in the record's list.
    ///   - contents: The places of the pages' contents.
    /// - Throws: `PageEncodingError`; nothing can be decoded any more.
    func decode(
        _ batch: UnsafeRawBufferPointer, frames: UnsafeMutableRawBufferPointer,
        contents: UnsafeMutableRawBufferPointer
    ) throws(PageEncodingError) {
        var list = MutableSpan(_unsafeElements: frames.bindMemory(to: UInt64.self))
        _ = try decoders.decode(batch, frames: &list, pages: contents)
    }
}

extension ShardLayout {
    /// The caches that both hosts make of the same terms.
    init(_ terms: EncodingTerms, highestFrame: UInt64) throws(PageEncodingError) {
        try self.init(
            shards: Int(terms.shards), highestFrame: highestFrame, cacheBytes: Int(clamping: terms.cacheBytes))
    }
}
