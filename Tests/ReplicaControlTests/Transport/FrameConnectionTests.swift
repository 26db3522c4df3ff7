import CheckpointStream
import ReplicaControl
import ReplicaModel
import SystemKit
import Testing

@Suite struct FrameConnectionTests {
    private static let generation = Generation(rawValue: 7)
    private static let patience = LoopbackPair.patience
    private let pair: LoopbackPair
    private let primary: FrameConnection
    private let backup: FrameConnection

    init() throws {
        pair = try LoopbackPair()
        primary = FrameConnection(pair.primary)
        backup = FrameConnection(pair.backup)
    }

    private func send(_ message: Message, epoch: UInt64 = 0) throws(TransportError) {
        try primary.send(
            message, generation: Self.generation, epoch: Epoch(rawValue: epoch), timeout: Self.patience)
    }

    private func send(_ bulk: BulkType, _ payload: [UInt8]) throws(TransportError) {
        _ = try payload.span.bytes.withUnsafeBytes { (raw) throws(TransportError) in
            try primary.send(bulk, raw, generation: Self.generation, timeout: Self.patience)
        }
    }

    private func refusal() -> TransportError? {
        TransportError.thrown { () throws(TransportError) in _ = try backup.receive(timeout: Self.patience) }
    }

    /// A whole frame as the primary would send it.
    private func frame(_ message: Message, sequence: UInt64 = 1) throws -> [UInt8] {
        let payload = try message.encode()
        var bytes = [UInt8](repeating: 0, count: FrameHeader.size)
        try bytes.withUnsafeMutableBytes {
            try FrameHeader(
                type: message.type, payloadLength: payload.count, generation: Self.generation, epoch: .none,
                sequence: sequence, payloadChecksum: payload.withUnsafeBytes { Checksum.of($0) }
            ).encode(into: $0)
        }
        return bytes + payload
    }

    @Test func carriesMessagesWithEpochAndGeneration() throws {
        let message = Message.checkpointEnd(CheckpointEnd(checksum: 1, sentAt: 2))
        try send(message, epoch: 41)
        try send(.handover)
        let first = try backup.receive(timeout: Self.patience)
        #expect(first.content == .message(message))
        #expect(first.header.epoch == Epoch(rawValue: 41))
        #expect(first.header.generation == Self.generation)
        #expect(try backup.receive(timeout: Self.patience).content == .message(.handover))
    }

    @Test func putsBulkDataWhereTheReceiverWantsIt() throws {
        let staging = UnsafeMutableRawBufferPointer.allocate(byteCount: 1000, alignment: 8)
        defer { staging.deallocate() }
        var filled = 0
        for piece in [[1, 2, 3], [4], [], [5, 6]] as [[UInt8]] {
            try send(.checkpointData, piece)
            let rest = UnsafeMutableRawBufferPointer(rebasing: staging[filled...])
            let frame = try backup.receive(bulk: rest, timeout: Self.patience)
            #expect(frame.content == .bulk(.checkpointData))
            filled += frame.header.payloadLength
        }
        #expect(Array(staging[..<filled]) == [1, 2, 3, 4, 5, 6])
    }

    @Test func carriesTheLargestPiece() throws {
        let piece = [UInt8]((0..<FrameHeader.maximumBulk).map { UInt8(truncatingIfNeeded: $0 &* 131) })
        let backup = backup
        let reader = try Background {
            let staging = UnsafeMutableRawBufferPointer.allocate(byteCount: FrameHeader.maximumBulk, alignment: 8)
            defer { staging.deallocate() }
            guard let frame = try? backup.receive(bulk: staging) else { return [] as [UInt8] }
            return Array(staging[..<frame.header.payloadLength])
        }
        try send(.image, piece)
        #expect(reader.wait() == piece)
        #expect(throws: TransportError.self) { try send(.image, piece + [0]) }
    }

    @Test func countsFramesAndBytes() throws {
        try send(.ready)
        try send(.checkpointData, [1, 2, 3])
        let staging = UnsafeMutableRawBufferPointer.allocate(byteCount: 8, alignment: 8)
        defer { staging.deallocate() }
        _ = try backup.receive(timeout: Self.patience)
        _ = try backup.receive(bulk: staging, timeout: Self.patience)
        #expect(primary.counters.framesSent == 2)
        #expect(primary.counters.bytesSent == 48 + 48 + 3)
        #expect(backup.counters.framesReceived == 2)
        #expect(backup.counters.bytesReceived == 48 + 48 + 3)
        #expect(backup.counters.framesSent == 0)
    }

    @Test func keepsFramesWholeWhenManyThreadsSend() throws {
        let primary = primary
        let senders = try (0..<4).map { number in
            try Background {
                for count in 0..<200 {
                    let stop = Ending(reason: "busy", text: String(repeating: "\(number)", count: count))
                    do throws(TransportError) {
                        try primary.send(.stop(stop), generation: Self.generation, timeout: Self.patience)
                    } catch { return error as TransportError? }
                }
                return nil
            }
        }
        var received = 0
        for _ in 0..<800 {
            guard case .message(.stop(let stop)) = try backup.receive(timeout: Self.patience).content else { continue }
            if Set(stop.text).count <= 1 { received += 1 }
        }
        #expect(received == 800)
        for sender in senders { #expect(sender.wait() == .some(nil)) }
    }

    @Test func goesOnAfterATimeoutBetweenFrames() throws {
        let idle = TransportError.thrown { () throws(TransportError) in _ = try backup.receive(timeout: 1) }
        #expect(idle == .timedOut)
        try send(.ready)
        #expect(try backup.receive(timeout: Self.patience).content == .message(.ready))
    }

    @Test func tellsAnEndBetweenAndInsideFrames() throws {
        try send(.ready)
        try pair.primary.send(Array(try frame(.ready, sequence: 2)[..<20]))
        primary.shutdown()
        #expect(try backup.receive(timeout: Self.patience).content == .message(.ready))
        #expect(refusal() == .closed)
        #expect(refusal() == .closed)
    }

    @Test func shutdownWakesAReceiver() throws {
        let backup = backup
        let reader = try Background { TransportError.thrown { () throws(TransportError) in _ = try backup.receive() } }
        backup.shutdown()
        #expect(reader.wait() == .stopped)
    }

    @Test func refusesABrokenHeader() throws {
        var bytes = try frame(.ready)
        bytes[20] ^= 1
        try pair.primary.send(bytes)
        #expect(refusal() == .frame(.headerChecksum))
    }

    @Test func refusesABrokenPayload() throws {
        var bytes = try frame(.acknowledge(Acknowledge(sentAt: 1, stagedBytes: 2)))
        bytes[FrameHeader.size] ^= 1
        try pair.primary.send(bytes)
        #expect(refusal() == .frame(.payloadChecksum))
    }

    @Test func staysRefusedAfterAFault() throws {
        try pair.primary.send([UInt8](repeating: 0x47, count: 8) + (try frame(.ready)))
        #expect(refusal() == .frame(.notAFrame(magic: 0x4747_4747)))
        #expect(refusal() == .frame(.notAFrame(magic: 0x4747_4747)))
    }

    @Test func refusesAFrameThatWasLostOrRepeated() throws {
        try pair.primary.send(try frame(.ready, sequence: 1) + (try frame(.ready, sequence: 1)))
        #expect(try backup.receive(timeout: Self.patience).content == .message(.ready))
        #expect(refusal() == .sequence(expected: 2, actual: 1))
    }

    @Test func refusesBulkDataThatHasNoPlace() throws {
        try send(.checkpointData, [1, 2, 3])
        #expect(refusal() == .unexpectedBulk(size: 3, room: 0))
        let other = try LoopbackPair()
        let sender = FrameConnection(other.primary)
        let receiver = FrameConnection(other.backup)
        _ = try ([1, 2, 3] as [UInt8]).withUnsafeBytes {
            try sender.send(.image, $0, generation: Self.generation, timeout: Self.patience)
        }
        let staging = UnsafeMutableRawBufferPointer.allocate(byteCount: 2, alignment: 8)
        defer { staging.deallocate() }
        let error = TransportError.thrown { () throws(TransportError) in
            _ = try receiver.receive(bulk: staging, timeout: Self.patience)
        }
        #expect(error == .unexpectedBulk(size: 3, room: 2))
    }

    @Test func saysNothingThatDoesNotFitAndStaysUsable() throws {
        let long = Message.stop(Ending(reason: "busy", text: String(repeating: "x", count: 2000)))
        let error = TransportError.thrown { () throws(TransportError) in try send(long) }
        #expect(error == .frame(.tooLarge(.stop, field: .text, actual: 2000, limit: 1024)))
        try send(.ready)
        #expect(try backup.receive(timeout: Self.patience).content == .message(.ready))
    }

    // MARK: versions

    @Test func bothSidesLearnOfAnotherVersion() throws {
        // A primary of a later version, whose frames may look different after the first eight bytes.
        var hello = try frame(.ready)
        hello.replaceSubrange(4..<6, with: [UInt8(FrameHeader.version + 1), 0])
        try pair.primary.send(Array(hello[..<8]))
        #expect(refusal() == .frame(.wrongVersion(theirs: FrameHeader.version + 1)))

        let backup = backup
        let refusing = try Background {
            backup.refuse(
                Refusal(reason: "protocol-version-mismatch", message: "this host speaks version 1", hint: "upgrade"),
                generation: .none, timeout: Self.patience)
        }
        // The later version reads the frozen layout of a refusal; so does this one.
        guard case .message(.refuse(let answer)) = try primary.receive(timeout: Self.patience).content else {
            Issue.record("no refusal came")
            return
        }
        #expect(answer.reason == "protocol-version-mismatch")
        #expect(answer.hint == "upgrade")
        primary.shutdown()
        #expect(refusing.wait() != nil)
    }

    @Test func readsARefusalOfALaterVersion() throws {
        var bytes = try frame(.refuse(Refusal(reason: "busy", message: "later", hint: "")), sequence: 99)
        bytes.replaceSubrange(4..<6, with: [9, 0])
        let checksum = bytes[..<44].withUnsafeBytes { Checksum.of($0) }
        bytes.replaceSubrange(44..<48, with: withUnsafeBytes(of: checksum.littleEndian) { Array($0) })
        try pair.primary.send(bytes)
        let content = try backup.receive(timeout: Self.patience).content
        #expect(content == .message(.refuse(Refusal(reason: "busy", message: "later", hint: ""))))
    }

    @Test func aRefusalArrivesAlthoughThePeerWasStillSending() throws {
        // Much unread data: closing at once would reset the connection and might lose the refusal.
        let primary = primary
        let sender = try Background {
            let piece = [UInt8](repeating: 1, count: 4 * 1024 * 1024)
            return TransportError.thrown { () throws(TransportError) in
                for _ in 0..<64 {
                    _ = try piece.span.bytes.withUnsafeBytes { (raw) throws(TransportError) in
                        try primary.send(.image, raw, generation: Self.generation, timeout: Self.patience)
                    }
                }
            }
        }
        let backup = backup
        let refusing = try Background {
            backup.refuse(
                Refusal(reason: "busy", message: "not now", hint: ""), generation: .none, timeout: Self.patience)
        }
        guard case .message(.refuse(let answer)) = try primary.receive(timeout: Self.patience).content else {
            Issue.record("no refusal came")
            return
        }
        #expect(answer.message == "not now")
        primary.shutdown()
        #expect(refusing.wait() != nil)
        #expect(sender.wait() != nil)
    }
}
