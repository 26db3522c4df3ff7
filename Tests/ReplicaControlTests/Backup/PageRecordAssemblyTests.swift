import CAllocationCount
import CheckpointStream
import PageSamples
import SystemKit
import Testing

@testable import ReplicaControl

/// Records put together from bytes that nobody vouches for.
@Suite struct PageRecordAssemblyTests {
    private static let highestFrame = SampleStream.frameLimit - 1
    private let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)

    private func add(_ payload: [UInt8], to assembly: inout PageRecordAssembly) throws(PagesFault) -> Int? {
        // Exactly as large as it is, so that a sanitizer sees a byte too much.
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: payload.count, alignment: 8)
        defer { bytes.deallocate() }
        bytes.copyBytes(from: payload)
        return try assembly.add(UnsafeRawBufferPointer(bytes), to: room)
    }

    /// What a payload becomes, or `nil` where it is refused.
    private func record(_ payload: [UInt8], _ guest: EncodedGuest) throws -> [UInt8]? {
        let intake = try PageIntake(guest.terms, highestFrame: Self.highestFrame)
        var assembly = PageRecordAssembly(intake, announced: 100)
        do throws(PagesFault) {
            guard let size = try add(payload, to: &assembly) else { return nil }
            return Array(room[..<size])
        } catch { return nil }
    }

    @Test(arguments: [.none, .zstd] as [EncodingTerms.Packing])
    func everyBitFlippedIsRefusedOrChangesNothing(packing: EncodingTerms.Packing) throws {
        defer { room.deallocate() }
        let guest = try EncodedGuest(cacheBytes: 16_384, packs: false, packing: packing)
        // What is packed must be worth packing, and yet short.
        guest.change([1], packing == .zstd ? .pattern : .sparse(words: 2))
        guest.change([9], .sparse(words: 1))
        let records = try guest.pages([1, 2, 9])
        let payload = try #require(try guest.payloads(records).first).bytes
        let header = try payload.withUnsafeBytes { try PagesHeader(reading: $0) }
        #expect((header.unpackedBytes > 0) == (packing == .zstd))
        #expect(payload.count < 200)
        let isWhole = try record(payload, guest) == records
        #expect(isWhole)
        var taken = 0
        for bit in 0..<payload.count * 8 {
            var broken = payload
            broken[bit / 8] ^= 1 << UInt8(bit % 8)
            guard let found = try record(broken, guest) else { continue }
            taken += 1
            let isSame = found == records
            #expect(isSame, "bit \(bit)")
        }
        // The number of the checkpoint within the session says nothing about the pages themselves.
        #expect(taken <= 100)
    }

    @Test func everyTruncationIsRefused() throws {
        defer { room.deallocate() }
        let guest = try EncodedGuest(cacheBytes: 16_384)
        guest.change([1], .sparse(words: 2))
        let payload = try #require(try guest.payloads(try guest.pages([1, 2])).first).bytes
        for count in 0..<payload.count {
            let found = try record(Array(payload[..<count]), guest)
            #expect(found == nil, "cut at \(count)")
        }
    }

    @Test func afterAnErrorNothingIsDecodedAnyMore() throws {
        defer { room.deallocate() }
        let guest = try EncodedGuest()
        guest.change([1], .noise)
        let payload = try #require(try guest.payloads(try guest.pages([1])).first).bytes
        var broken = payload
        broken[broken.count - 1] ^= 1
        let intake = try PageIntake(guest.terms, highestFrame: Self.highestFrame)
        var first = PageRecordAssembly(intake, announced: 100)
        #expect(throws: PagesFault.self) { _ = try add(broken, to: &first) }
        var second = PageRecordAssembly(intake, announced: 100)
        #expect(
            throws: PagesFault.batch("a batch before could not be decoded: end the session and start a new one")
        ) { _ = try add(payload, to: &second) }
    }

    @Test func nothingIsAllocatedForAPage() throws {
        defer { room.deallocate() }
        let guest = try EncodedGuest()
        let intake = try PageIntake(guest.terms, highestFrame: Self.highestFrame)
        var allocations: [UInt64] = []
        for count in [200, 200, 20, 2] {
            let frames = (0..<count).map { UInt64($0) * 3 }
            for frame in frames { guest.change([frame], .words(1 + Int(frame) % 40)) }
            let payload = try #require(try guest.payloads(try guest.pages(frames)).first).bytes
            var assembly = PageRecordAssembly(intake, announced: UInt64(count))
            let size = try payload.withUnsafeBytes { bytes in
                let before = rc_test_allocations()
                let size = try assembly.add(bytes, to: room)
                allocations.append(rc_test_allocations() - before)
                return size
            }
            #expect(size == PageDataLayout(count: count).size)
        }
        #expect(Set(allocations).count == 1, "\(allocations)")
    }
}
