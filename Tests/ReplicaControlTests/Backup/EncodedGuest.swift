import CheckpointStream
import PageEncoding
import PageSamples
import ReplicaModel
import SystemKit

@testable import ReplicaControl

/// An imaginary guest whose pages are staged as a primary stages them, and encoded by a pipeline of its own.
final class EncodedGuest {
    let terms: EncodingTerms
    let pipeline: PagePipeline
    private(set) var memory: [UInt64: [UInt8]] = [:]
    var generator = SeededGenerator(seed: 1)
    private let grouping: FrameGrouping

    /// A payload as it goes over the connection.
    struct Payload {
        var type: BulkType
        var bytes: [UInt8]
    }

    init(
        shards: UInt16 = 1, cacheBytes: UInt64 = 1 << 20, highestFrame: UInt64 = SampleStream.frameLimit - 1,
        packs: Bool = true, packing: EncodingTerms.Packing = .none
    ) throws {
        terms = EncodingTerms(shards: shards, cacheBytes: cacheBytes, packing: packing)
        pipeline = try PagePipeline(terms, highestFrame: highestFrame, packs: packs, name: "web")
        grouping = FrameGrouping(shards: Int(shards))
    }

    func change(_ frames: [UInt64], _ change: PageChange) {
        for frame in frames {
            var page = memory[frame] ?? [UInt8](repeating: 0, count: 4096)
            page.withUnsafeMutableBytes { change.apply(to: $0, &generator) }
            memory[frame] = page
        }
    }

    /// The records of a checkpoint of these frames, as they would go without encoding.
    func checkpoint(_ frames: [UInt64]) throws -> [UInt8] { try pages(frames) + SampleStream.checkpoint(frames: []) }

    /// PAGE_DATA records of these frames.
    func pages(_ frames: [UInt64]) throws -> [UInt8] {
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: PageDataLayout.stagingSize(pages: frames.count) + 8, alignment: 8)
        defer { buffer.deallocate() }
        var writer = RecordWriter(into: buffer)
        for start in stride(from: 0, to: frames.count, by: PageDataLayout.maximumCount) {
            let part = Array(frames[start..<min(start + PageDataLayout.maximumCount, frames.count)])
            let list = part.withUnsafeBufferPointer { Array(grouping.group($0)) }
            let contents = try writer.writePageData(frames: list.span)
            for (index, frame) in list.enumerated() {
                let page = memory[frame] ?? [UInt8](repeating: 0, count: 4096)
                UnsafeMutableRawBufferPointer(rebasing: contents[(index * 4096)...]).copyBytes(from: page)
            }
        }
        return Array(writer.written)
    }

    /// Sends records as an epoch does.
    func send(
        _ records: [UInt8], as type: BulkType = .checkpointData,
        _ send: (BulkType, UnsafeRawBufferPointer) throws(SessionFailure) -> UInt32
    ) throws(SessionFailure) -> SentRecords {
        // Staging is at the beginning of a page of this host.
        let staging = UnsafeMutableRawBufferPointer.allocate(byteCount: records.count, alignment: 4096)
        defer { staging.deallocate() }
        staging.copyBytes(from: records)
        pipeline.beginEpoch()
        return try SentRecords(
            sending: UnsafeRawBufferPointer(staging), as: type, pipeline, within: LoopbackPair.patience, send)
    }

    /// The payloads that an epoch sends, without a connection.
    func payloads(_ records: [UInt8]) throws -> [Payload] {
        var payloads: [Payload] = []
        _ = try send(records) { (type, bytes) throws(SessionFailure) in
            payloads.append(Payload(type: type, bytes: Array(bytes)))
            return Checksum.of(bytes)
        }
        return payloads
    }
}
