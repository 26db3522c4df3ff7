import CheckpointStream
import PageSamples
import ReplicaModel
import SystemKit
import Testing

@testable import ReplicaControl

/// How a primary cuts staged records into batches and encodes them while others are being sent.
@Suite struct PagePipelineTests {
    private func batches(
        _ records: [UInt8], shards: Int, _ body: (PageBatches.Batch) throws -> Void
    ) throws -> Int {
        let staging = UnsafeMutableRawBufferPointer.allocate(byteCount: records.count, alignment: 4096)
        defer { staging.deallocate() }
        staging.copyBytes(from: records)
        var batches = PageBatches(UnsafeRawBufferPointer(staging), shards: shards)
        while let batch = batches.next() { try body(batch) }
        return batches.pageBytes
    }

    @Test(arguments: [1, 3] as [UInt16]) func everyPageIsInOneBatchOfItsShard(shards: UInt16) throws {
        let guest = try EncodedGuest(shards: shards)
        let frames = (0..<2_500).map { UInt64($0) * 2 }
        let pages = try guest.pages(frames)
        var found: [UInt64] = []
        var places: [Int] = []
        let size = try batches(pages + SampleStream.checkpoint(frames: []), shards: Int(shards)) { batch in
            #expect((1...PageBatches.mostPages).contains(batch.frames.count))
            #expect(batch.contents.count == batch.frames.count * 4096)
            #expect(batch.frames.allSatisfy { Int($0) % Int(shards) == batch.shard })
            places.append(batch.header.position)
            found += batch.frames
        }
        #expect(size == pages.count)
        #expect(found.sorted() == frames)
        #expect(places.filter { $0 == 0 }.count == 3, "as many records as pages need")
        if shards == 1 { #expect(found == frames) }
    }

    @Test func withoutPagesThereIsNoBatch() throws {
        let size = try batches(try SampleStream.checkpoint(frames: []), shards: 2) { _ in
            Issue.record("a batch of nothing")
        }
        #expect(size == 0)
    }

    @Test func groupsFramesAndKeepsTheirOrder() {
        let frames: [UInt64] = [1, 2, 3, 5, 8, 13, 21, 34]
        let grouping = FrameGrouping(shards: 3)
        for _ in 0..<2 {
            let grouped = frames.withUnsafeBufferPointer { Array(grouping.group($0)) }
            #expect(grouped == [3, 21, 1, 13, 34, 2, 5, 8])
        }
        let single = frames.withUnsafeBufferPointer { Array(FrameGrouping(shards: 1).group($0)) }
        #expect(single == frames)
    }

    @Test func sendsTheStateAsItLiesBehindThePages() throws {
        let guest = try EncodedGuest(shards: 2)
        guest.change([1, 2, 3], .text)
        let state = try SampleStream.checkpoint(frames: [])
        let payloads = try guest.payloads(try guest.checkpoint([1, 2, 3]))
        #expect(payloads.map(\.type) == [.pages, .pages, .checkpointData])
        #expect(payloads.last?.bytes == state)
    }

    @Test func packsNothingWhereTheNetworkIsFaster() throws {
        for packs in [true, false] {
            let guest = try EncodedGuest(packs: packs)
            let frames = (1...20).map { UInt64($0) }
            guest.change(frames, .text)
            _ = try guest.payloads(try guest.pages(frames))
            guest.change(frames, .text)
            _ = try guest.payloads(try guest.pages(frames))
            let packed = guest.pipeline.status.schemes.filter { $0.scheme.lowercased().contains("lz4") }
            #expect((packed.reduce(0) { $0 + $1.pages } > 0) == packs)
        }
    }

    /// Noise stays as it is, text becomes less than LZ4 makes of it.
    @Test func packsWholeBatchesForThinLinks() throws {
        for (change, isPacked) in [(PageChange.noise, false), (.text, true)] {
            let frames = (1...50).map { UInt64($0) }
            var sizes: [UInt64] = []
            for guest in [try EncodedGuest(packs: false, packing: .zstd), try EncodedGuest()] {
                guest.change(frames, change)
                let payload = try #require(try guest.payloads(try guest.pages(frames)).first)
                let header = try payload.bytes.withUnsafeBytes { try PagesHeader(reading: $0) }
                let status = guest.pipeline.status
                #expect(status.sentBytes == UInt64(payload.bytes.count - PagesHeader.size))
                #expect(header.unpackedBytes == 0 || header.unpackedBytes == Int(status.encodedBytes))
                sizes.append(status.sentBytes)
            }
            #expect((sizes[0] < sizes[1] * 8 / 10) == isPacked)
        }
    }

    @Test func withoutAPipelineEverythingGoesAsItLies() throws {
        let records = try SampleStream.checkpoint()
        var bytes: [UInt8] = []
        let sent = try records.withUnsafeBytes { raw in
            try SentRecords(sending: raw, as: .checkpointData, nil, within: 1_000) {
                (type, payload) throws(SessionFailure) in
                #expect(type == .checkpointData)
                bytes += payload
                return Checksum.of(payload)
            }
        }
        #expect(bytes == records)
        #expect(sent.bytes == records.count)
        #expect(sent.encodingNanoseconds == 0)
    }

    /// Whoever gives up in the middle must be able to give the staging back at once.
    @Test func endsInTheMiddleOfRecords() throws {
        let guest = try EncodedGuest(shards: 2)
        let records = try guest.pages((0..<2_000).map { UInt64($0) })
        let staging = UnsafeMutableRawBufferPointer.allocate(byteCount: records.count, alignment: 4096)
        defer { staging.deallocate() }
        staging.copyBytes(from: records)
        var batches = guest.pipeline.encode(UnsafeRawBufferPointer(staging))
        let next = batches.next()
        let first = try #require(next)
        _ = try guest.pipeline.withPayload(of: first, within: LoopbackPair.patience) {
            (payload) throws(SessionFailure) in payload.count
        }
        guest.pipeline.end()
        guest.pipeline.end()
    }

    @Test func aFrameBeyondTheGuestsMemoryEndsTheSessionAndNothingElse() throws {
        let guest = try EncodedGuest(highestFrame: 100)
        let records = try guest.pages([5, 101])
        do throws(SessionFailure) {
            _ = try guest.send(records) { (_, _) throws(SessionFailure) in 0 }
            Issue.record("it was sent")
        } catch {
            #expect(error.reason == .internalFault)
            #expect(error.text == "frame 101 is above the guest's highest frame 100")
        }
    }

    @Test func aFailureToSendEndsTheSending() throws {
        let guest = try EncodedGuest()
        let records = try guest.pages((0..<600).map { UInt64($0) })
        let failure = SessionFailure(.connectionLost, "gone")
        do throws(SessionFailure) {
            _ = try guest.send(records) { (_, _) throws(SessionFailure) in throw failure }
            Issue.record("it was sent")
        } catch { #expect(error == failure) }
        guest.pipeline.end()
    }

    @Test func termsFollowTheConfiguration() throws {
        var encoding = Configuration.Encoding()
        #expect(encoding.terms == EncodingTerms(shards: 2, cacheBytes: 64 << 20))
        encoding.cacheMebibytes = 0
        encoding.threads = 5
        #expect(encoding.terms == EncodingTerms(shards: 5, cacheBytes: 0))
        encoding.scheme = .fast
        #expect(encoding.terms != nil)
        #expect(encoding.terms?.packing == EncodingTerms.Packing.none)
        encoding.scheme = .thin
        #expect(encoding.terms == EncodingTerms(shards: 5, cacheBytes: 0, packing: .zstd))
        encoding.scheme = .none
        #expect(encoding.terms == nil)
    }

    @Test func moreMemoryThanThereIsIsNotTaken() throws {
        let terms = EncodingTerms(shards: 1, cacheBytes: 1 << 35)
        do throws(SessionFailure) {
            _ = try PagePipeline(terms, highestFrame: 1_000, packs: true, name: "web")
            Issue.record("32 GiB were taken")
        } catch { #expect(error.reason == .memoryShort) }
    }
}
