import CheckpointStream
import ReplicaModel
import SystemKit

/// One message of every type, and whole frames made of them.
enum SampleFrames {
    static let messages: [Message] = [
        .hello(Greeting(softwareVersion: "1.0.0", hostName: "alpha.example", session: 0x0102_0304_0506_0708)),
        .welcome(Greeting(softwareVersion: "", hostName: "ßeta", session: .max)),
        .refuse(Refusal(reason: "peer-memory-short", message: "4096 MiB are needed", hint: "free some memory")),
        .protect(
            Protect(
                identity: DomainIdentity(high: 1, low: 2), name: "guest", configuration: #"{"c_info": {}}"#,
                highestFrame: 0xf_efff, memoryBytes: 1 << 30, bridges: ["xenbr0", "br-storage"],
                cpuidPolicy: SampleRecords.cpuidPolicy, msrPolicy: SampleRecords.msrPolicy, checkOnly: true,
                maximumCheckpointBytes: 1 << 28, ownership: "witness in cluster pair-1 with fencing", home: "ålpha",
                disks: [MirroredDisk(resource: "r0", path: "/dev/drbd1", volume: 1, bytes: 1 << 40)],
                encoding: EncodingTerms(shards: 3, cacheBytes: 64 << 20, packing: .zstd))),
        .ready,
        .checkpointBegin(CheckpointBegin(totalBytes: 4_000_000, pageCount: 970, isInitial: true, isFinal: false)),
        .checkpointEnd(CheckpointEnd(checksum: 0xdead_beef, sentAt: 123_456_789)),
        .acknowledge(Acknowledge(sentAt: 123_456_789, stagedBytes: 42)),
        .handover, .activated,
        .stop(Ending(reason: "operator-request", text: "replicactl unprotect guest")),
        .lost(Ending(reason: "restore-failed", text: "the restore helper ended with status 1")),
        .addresses([
            GuestInterface(
                hardwareAddress: [0, 0x16, 0x3e, 1, 2, 3], ipv4: [[192, 0, 2, 1], [192, 0, 2, 2]],
                ipv6: [[0xfe, 0x80] + [UInt8](repeating: 1, count: 14)]),
            GuestInterface(hardwareAddress: [0, 0x16, 0x3e, 4, 5, 6], ipv4: [], ipv6: []),
        ]),
        .diskBarrier, .diskBarrierPlaced, .undoFilling,
    ]

    static func encode(_ header: FrameHeader) throws(StreamError) -> [UInt8] {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: FrameHeader.size, alignment: 8)
        defer { buffer.deallocate() }
        try header.encode(into: buffer)
        return Array(buffer)
    }

    /// A whole frame.
    static func frame(_ message: Message) throws(StreamError) -> [UInt8] {
        let payload = try message.encode()
        let header = FrameHeader(
            type: message.type, payloadLength: payload.count, generation: Generation(rawValue: 3),
            epoch: Epoch(rawValue: 4), sequence: 5, payloadChecksum: payload.withUnsafeBytes { Checksum.of($0) })
        return try encode(header) + payload
    }

    /// Reads a whole frame as a connection does.
    static func read(_ bytes: [UInt8]) throws(StreamError) -> Message {
        try bytes.span.bytes.withUnsafeBytes { (raw) throws(StreamError) in
            let header = try FrameHeader.decode(raw)
            let payload = UnsafeRawBufferPointer(rebasing: raw[FrameHeader.size...])
            guard payload.count == header.payloadLength else { throw .malformed(header.type, .truncated) }
            guard Checksum.of(payload) == header.payloadChecksum else { throw .payloadChecksum }
            return try Message.decode(header.type, payload)
        }
    }

    static func decode(_ type: MessageType, _ payload: [UInt8]) throws(StreamError) -> Message {
        try payload.span.bytes.withUnsafeBytes { (raw) throws(StreamError) in try Message.decode(type, raw) }
    }

    /// Makes a changed header's checksum right again.
    static func reseal(_ header: inout [UInt8]) {
        let checksum = header[..<44].withUnsafeBytes { Checksum.of($0) }
        header.replaceSubrange(44..<48, with: SampleRecords.little(checksum))
    }
}
