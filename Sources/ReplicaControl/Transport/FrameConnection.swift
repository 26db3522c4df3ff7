public import CheckpointStream
public import ReplicaModel
internal import Synchronization
internal import SystemKit

/// Frames over a ``Transport``: one thread receives, any thread sends, any thread may shut it down.
public final class FrameConnection: Sendable {
    /// The longest time in which a frame that began must go on.
    public static let stallLimit: Milliseconds = 10_000

    private let transport: any Transport
    // Each lock is held over the I/O of one frame, because it is what keeps frames whole; `shutdown()` takes neither.
    private let sending = Mutex(Sending())
    private let receiving = Mutex(Receiving())
    private let framesSent = Atomic<UInt64>(0)
    private let bytesSent = Atomic<UInt64>(0)
    private let framesReceived = Atomic<UInt64>(0)
    private let bytesReceived = Atomic<UInt64>(0)

    private struct Sending {
        var sequence: UInt64 = 0
        var failure: TransportError?
        var header = [UInt8](repeating: 0, count: FrameHeader.size)
    }

    private struct Receiving {
        var sequence: UInt64 = 0
        var failure: TransportError?
        var header = [UInt8](repeating: 0, count: FrameHeader.size)
        var payload: [UInt8] = []
    }

    /// Takes a fresh transport over which no frame went yet.
    public init(_ transport: any Transport) { self.transport = transport }

    /// Who is at the other end, for the log.
    public var peer: String { transport.peer }

    /// What went through so far, headers included.
    public var counters: ConnectionCounters {
        ConnectionCounters(
            framesSent: framesSent.load(ordering: .relaxed), bytesSent: bytesSent.load(ordering: .relaxed),
            framesReceived: framesReceived.load(ordering: .relaxed),
            bytesReceived: bytesReceived.load(ordering: .relaxed))
    }

    /// Sends a message.
    ///
    /// - Parameters:
    ///   - message: What to say.
    ///   - generation: The sender's generation.
    ///   - epoch: The epoch that it is about.
    ///   - timeout: The longest time for all of it.
    /// - Throws: ``TransportError``; after that nothing more can be sent, and what the peer still says can be received.
    public func send(
        _ message: Message, generation: Generation, epoch: Epoch = .none, timeout: Milliseconds
    ) throws(TransportError) {
        let payload: [UInt8]
        do throws(StreamError) { payload = try message.encode() } catch { throw .frame(error) }
        _ = try payload.span.bytes.withUnsafeBytes { (bytes) throws(TransportError) in
            try send(message.type, bytes, generation, epoch, timeout)
        }
    }

    /// Sends bulk data straight from where it lies.
    ///
    /// - Parameters:
    ///   - type: What it is a piece of.
    ///   - payload: At most `FrameHeader.maximumBulk` bytes.
    ///   - generation: The sender's generation.
    ///   - epoch: The epoch that it is about.
    ///   - timeout: The longest time for all of it.
    /// - Returns: The CRC32C of the payload, as its frame's header has it.
    /// - Throws: ``TransportError``; after that nothing more can be sent.
    @discardableResult
    public func send(
        _ type: BulkType, _ payload: UnsafeRawBufferPointer, generation: Generation, epoch: Epoch = .none,
        timeout: Milliseconds
    ) throws(TransportError) -> UInt32 {
        try send(type.messageType, payload, generation, epoch, timeout)
    }

    /// Receives one frame.
    ///
    /// - Parameters:
    ///   - bulk: Where bulk data goes, from its start: the free part of the staging, so that nothing is copied.
    ///     `nil` when none is expected.
    ///   - pages: Where encoded pages go, from its start, to be decoded from there; `nil` when none are expected.
    ///   - timeout: The longest wait for a frame to begin, or `nil` for none.
    /// - Returns: The frame; its checksums and its sequence number are right.
    /// - Throws: ``TransportError/timedOut``, after which one may go on; any other case ends receiving for good.
    public func receive(
        bulk: UnsafeMutableRawBufferPointer? = nil, pages: UnsafeMutableRawBufferPointer? = nil,
        timeout: Milliseconds? = nil
    ) throws(TransportError) -> ReceivedFrame {
        try receiving.withLock { (state) throws(TransportError) in
            if let failure = state.failure { throw failure }
            do throws(TransportError) {
                return try receive(&state, bulk, pages, timeout)
            } catch {
                if error != .timedOut { state.failure = error }
                throw error
            }
        }
    }

    /// Says no, waits for the peer to have read it, and ends the connection; no other thread may be receiving.
    ///
    /// - Parameters:
    ///   - refusal: Why.
    ///   - generation: The sender's generation.
    ///   - timeout: The longest time for sending, and again for waiting.
    public func refuse(_ refusal: Refusal, generation: Generation, timeout: Milliseconds) {
        defer { shutdown() }
        do throws(TransportError) {
            try send(.refuse(refusal), generation: generation, timeout: timeout)
            finishSending()
            let end = Clock.monotonic + timeout.nanoseconds
            var scratch = [UInt8](repeating: 0, count: 64 * 1024)
            while Clock.monotonic < end {
                var span = scratch.mutableSpan
                try span.withUnsafeMutableBytes { (raw) throws(TransportError) in
                    try transport.receive(into: raw, timeout: timeout)
                }
            }
        } catch {
            // The peer closed, as it should, or it is gone: either way there is nobody left to tell.
        }
    }

    /// Ends this side's sending after a last word such as `stop`; receiving goes on until the peer closes, too.
    ///
    /// A socket that is closed with unread bytes resets the connection, and the peer might lose the last word: so the
    /// receiving thread should go on until ``TransportError/closed``, with ``shutdown()`` as its bound.
    public func finishSending() { transport.finishSending() }

    /// Ends the connection, and wakes every thread that waits in it with ``TransportError/stopped``.
    public func shutdown() { transport.shutdown() }

    private func send(
        _ type: MessageType, _ payload: UnsafeRawBufferPointer, _ generation: Generation, _ epoch: Epoch,
        _ timeout: Milliseconds
    ) throws(TransportError) -> UInt32 {
        let checksum = Checksum.of(payload)
        try sending.withLock { (state) throws(TransportError) in
            if let failure = state.failure { throw failure }
            let header = FrameHeader(
                type: type, payloadLength: payload.count, generation: generation, epoch: epoch,
                sequence: state.sequence + 1, payloadChecksum: checksum)
            try Self.withBytes(&state.header) { (raw) throws(TransportError) in
                do throws(StreamError) { try header.encode(into: raw) } catch { throw .frame(error) }
            }
            do throws(TransportError) {
                try Self.withBytes(&state.header) { (raw) throws(TransportError) in
                    try transport.send(UnsafeRawBufferPointer(raw), payload, timeout: timeout)
                }
            } catch {
                // Part of a frame may be out: the peer must see an end, and may still say why it closed.
                state.failure = error
                transport.finishSending()
                throw error
            }
            state.sequence += 1
            framesSent.add(1, ordering: .relaxed)
            bytesSent.add(UInt64(FrameHeader.size + payload.count), ordering: .relaxed)
        }
        return checksum
    }

    private func receive(
        _ state: inout Receiving, _ bulk: UnsafeMutableRawBufferPointer?, _ pages: UnsafeMutableRawBufferPointer?,
        _ timeout: Milliseconds?
    ) throws(TransportError) -> ReceivedFrame {
        let header = try receiveHeader(&state.header, timeout)
        guard header.sequence == state.sequence + 1 || header.type == .refuse else {
            throw .sequence(expected: state.sequence + 1, actual: header.sequence)
        }
        let content: ReceivedFrame.Content
        if let type = BulkType(header.type) {
            let target = type == .pages ? pages : bulk
            guard let target, header.payloadLength <= target.count else {
                throw .unexpectedBulk(size: header.payloadLength, room: target?.count ?? 0)
            }
            try receivePayload(UnsafeMutableRawBufferPointer(rebasing: target[..<header.payloadLength]), header)
            content = .bulk(type)
        } else {
            if state.payload.count < header.payloadLength {
                state.payload = [UInt8](repeating: 0, count: header.payloadLength)
            }
            content = try Self.withBytes(&state.payload) { (raw) throws(TransportError) in
                let payload = UnsafeMutableRawBufferPointer(rebasing: raw[..<header.payloadLength])
                try receivePayload(payload, header)
                do throws(StreamError) {
                    return .message(try Message.decode(header.type, UnsafeRawBufferPointer(payload)))
                } catch {
                    throw .frame(error)
                }
            }
        }
        state.sequence += 1
        framesReceived.add(1, ordering: .relaxed)
        bytesReceived.add(UInt64(FrameHeader.size + header.payloadLength), ordering: .relaxed)
        return ReceivedFrame(header: header, content: content)
    }

    /// Reads the part that every version has in common before the rest, so that another version is told, not waited for.
    private func receiveHeader(
        _ bytes: inout [UInt8], _ timeout: Milliseconds?
    ) throws(TransportError) -> FrameHeader {
        try Self.withBytes(&bytes) { (raw) throws(TransportError) in
            let prefix = UnsafeMutableRawBufferPointer(rebasing: raw[..<FrameHeader.prefixSize])
            try transport.receive(into: prefix, timeout: timeout)
            do throws(StreamError) {
                try FrameHeader.decodePrefix(UnsafeRawBufferPointer(prefix))
            } catch {
                throw .frame(error)
            }
            try receiveRest(UnsafeMutableRawBufferPointer(rebasing: raw[FrameHeader.prefixSize...]))
            do throws(StreamError) {
                return try FrameHeader.decode(UnsafeRawBufferPointer(raw))
            } catch {
                throw .frame(error)
            }
        }
    }

    private func receivePayload(
        _ buffer: UnsafeMutableRawBufferPointer, _ header: FrameHeader
    ) throws(TransportError) {
        try receiveRest(buffer)
        guard Checksum.of(UnsafeRawBufferPointer(buffer)) == header.payloadChecksum else {
            throw .frame(.payloadChecksum)
        }
    }

    /// Receives what belongs to a frame that has begun: it must come.
    private func receiveRest(_ buffer: UnsafeMutableRawBufferPointer) throws(TransportError) {
        do throws(TransportError) {
            try transport.receive(into: buffer, timeout: Self.stallLimit)
        } catch {
            throw error == .timedOut ? .stalled : error
        }
    }

    private static func withBytes<Result>(
        _ bytes: inout [UInt8], _ body: (UnsafeMutableRawBufferPointer) throws(TransportError) -> Result
    ) throws(TransportError) -> Result {
        var span = bytes.mutableSpan
        return try span.withUnsafeMutableBytes(body)
    }
}
