import Testing

@testable import DiskMirror

@Suite struct UndoLogTests {
    private let layout: UndoLogLayout

    init() throws {
        // 256 entries an area; the last chunk of the disk has one sector only.
        layout = try UndoLogLayout(chunkSectors: 8, storeBytes: 4 << 20, diskBytes: 10_000 * 4096 + 512)
    }

    private func fault(of image: StoreImage) -> UndoLogFault? {
        do throws(UndoLogFault) {
            _ = try image.log().inOrder()
            return nil
        } catch {
            return error
        }
    }

    @Test func readsAnEmptyLog() throws { #expect(try StoreImage(layout: layout).log().saved.isEmpty) }

    @Test func sortsAndMergesWhatWasSavedInAnyOrder() throws {
        var image = StoreImage(layout: layout)
        for chunk: UInt64 in [7, 3, 4, 9999, 10_000, 5] { image.save(chunk: chunk, as: UInt8(chunk % 251)) }
        let log = try image.log()
        let chunks = try log.inOrder()
        #expect(chunks.map(\.chunk) == [3, 4, 5, 7, 9999, 10_000])
        for chunk in chunks { #expect(image.bytes[Int(chunk.storeOffset)] == UInt8(chunk.chunk % 251)) }
        #expect(
            log.runs(of: chunks) == [
                UndoRun(offset: 3 * 4096, bytes: 3 * 4096), UndoRun(offset: 7 * 4096, bytes: 4096),
                UndoRun(offset: 9999 * 4096, bytes: 4096 + 512),
            ])
    }

    @Test(arguments: [255, 256, 257, 511, 512, 513])
    func goesOnInTheNextAreaWhenOneIsFull(count: Int) throws {
        var image = StoreImage(layout: layout)
        for chunk in 0..<count { image.save(chunk: UInt64(chunk), as: UInt8(chunk % 251)) }
        let chunks = try image.log().inOrder()
        #expect(chunks.count == count)
        for chunk in chunks { #expect(image.bytes[Int(chunk.storeOffset)] == UInt8(chunk.chunk % 251)) }
    }

    @Test func refusesAHeaderThatIsNone() {
        var image = StoreImage(layout: layout)
        image.put(UInt32(0), at: 0)
        #expect(fault(of: image) == .noHeader)
    }

    @Test func refusesALogThatTheKernelGaveUp() {
        var image = StoreImage(layout: layout)
        image.save(chunk: 1, as: 1)
        image.put(UInt32(0), at: 4)
        #expect(fault(of: image) == .invalid)
    }

    @Test func refusesAnotherVersionOrChunkSize() {
        var image = StoreImage(layout: layout)
        image.put(UInt32(2), at: 8)
        #expect(fault(of: image) == .version(2))
        image = StoreImage(layout: layout)
        image.put(UInt32(16), at: 12)
        #expect(fault(of: image) == .chunkSize(sectors: 16))
    }

    @Test(arguments: [UInt64(1), 258, 515, 1024, .max])
    func refusesDataWhereNoneCanBe(place: UInt64) {
        var image = StoreImage(layout: layout)
        image.save(chunk: 1, as: 1)
        image.put(place, at: image.entryOffset(0) + 8)
        #expect(fault(of: image) == .misplacedData(place))
    }

    @Test(arguments: [UInt64(10_001), .max])
    func refusesAChunkThatTheDiskDoesNotHave(chunk: UInt64) {
        var image = StoreImage(layout: layout)
        image.save(chunk: 1, as: 1)
        image.put(chunk, at: image.entryOffset(0))
        #expect(fault(of: image) == .chunkBeyondDisk(chunk))
    }

    @Test func refusesAChunkOrAPlaceThatComesTwice() {
        var image = StoreImage(layout: layout)
        image.save(chunk: 1, as: 1)
        image.save(chunk: 1, as: 2)
        #expect(fault(of: image) == .repeated(chunk: 1))
        image.put(UInt64(2), at: image.entryOffset(1))
        image.put(UInt64(2), at: image.entryOffset(1) + 8)
        #expect(fault(of: image) == .repeated(chunk: 2))
    }

    @Test func refusesEntriesThatDoNotEndWithinTheStore() throws {
        // 1 MiB is 256 chunks, and the second area would begin at the 258th.
        let small = try UndoLogLayout(chunkSectors: 8, storeBytes: 1 << 20, diskBytes: 1 << 30)
        var image = StoreImage(layout: small)
        for index in 0..<256 {
            image.put(UInt64(index), at: image.entryOffset(index))
            image.put(UInt64(2), at: image.entryOffset(index) + 8)
        }
        #expect(fault(of: image) == .endless)
    }

    @Test func refusesPiecesThatAreTooShort() {
        var log = UndoLog(layout: layout)
        let bytes = [UInt8](repeating: 0, count: 4095)
        #expect(throws: UndoLogFault.short) { try log.checkHeader(bytes.span.bytes.extracting(0..<15)) }
        var isRefused = false
        do throws(UndoLogFault) { _ = try log.readArea(bytes.span.bytes) } catch { isRefused = error == .short }
        #expect(isRefused)
    }

    @Test func staysWithinItsBoundsWhateverTheBytesAre() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            var image = StoreImage(layout: try UndoLogLayout(chunkSectors: 8, storeBytes: 1 << 20, diskBytes: 1 << 20))
            for chunk in 0..<UInt64(40) { image.save(chunk: chunk, as: 1) }
            for _ in 0..<4 {
                let offset =
                    [Int.random(in: 0..<16), 4096 + Int.random(in: 0..<1024)].randomElement(using: &random) ?? 0
                image.bytes[offset] = UInt8.random(in: 0...255)
            }
            do throws(UndoLogFault) {
                let log = try image.log()
                for chunk in try log.inOrder() {
                    #expect(chunk.chunk < 256)
                    #expect(chunk.storeOffset + 4096 <= 1 << 20)
                }
            } catch {}
        }
    }

    @Test func refusesSizesOutOfTheirRange() {
        for (chunk, store, disk): (UInt32, UInt64, UInt64) in [
            (4, 1 << 20, 512), (256, 1 << 20, 512), (24, 1 << 20, 512), (8, 4096, 512), (8, 1 << 37, 512),
            (8, 1 << 20 + 1, 512), (8, 1 << 20, 0), (8, 1 << 20, 513),
        ] {
            var isRefused = false
            do throws(EpochLayerError) {
                _ = try UndoLogLayout(chunkSectors: chunk, storeBytes: store, diskBytes: disk)
            } catch {
                if case .badLimit = error { isRefused = true }
            }
            #expect(isRefused)
        }
    }
}
