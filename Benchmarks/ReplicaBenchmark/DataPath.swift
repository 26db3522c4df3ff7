import CheckpointStream
import ReplicaModel
import SystemKit

/// Measures the steps that every checkpoint goes through, in turn and over the same pages.
struct DataPath: ~Copyable {
    private let set: PageSet
    private let runs: Int
    private let staging: AnonymousMemory
    private let copies: AnonymousMemory
    private let header = UnsafeMutableRawBufferPointer.allocate(byteCount: FrameHeader.size, alignment: 8)
    private var records = UnsafeRawBufferPointer(start: nil, count: 0)

    init(_ set: consuming PageSet, runs: Int) throws {
        let staging = try AnonymousMemory(reserving: PageDataLayout.stagingSize(pages: set.frames.count))
        let copies = try AnonymousMemory(reserving: max(1, set.frames.count) * PageSet.pageSize)
        staging.populate(staging.bytes.count)
        copies.populate(copies.bytes.count)
        self.staging = staging
        self.copies = copies
        self.set = set
        self.runs = runs
    }

    deinit { header.deallocate() }

    /// Runs all steps.
    consuming func measure() throws -> BenchmarkResult {
        var steps = ["memcpy", "stage", "frame", "verify"].map { Step($0) }
        // The first run fills caches and is left out.
        for run in 0...runs {
            let figures = [
                Step.cost { copy() }, try Step.cost { try stage() }, try Step.cost { try frame() },
                try Step.cost { try verify() },
            ]
            for index in steps.indices where run > 0 {
                steps[index].add(figures[index])
            }
        }
        return BenchmarkResult(load: set.name, pages: set.frames.count, steps: steps)
    }

    /// One copy of each page: what the other steps are compared with.
    private func copy() {
        for index in set.frames.indices {
            let target = copies.bytes[(index * PageSet.pageSize)...].prefix(PageSet.pageSize)
            UnsafeMutableRawBufferPointer(rebasing: target).copyMemory(from: set.page(index))
        }
    }

    /// Makes records of the pages, as the primary does while the guest stands still.
    private mutating func stage() throws(StreamError) {
        var writer = RecordWriter(into: staging.bytes)
        var position = 0
        while position < set.frames.count {
            let end = min(position + PageDataLayout.maximumCount, set.frames.count)
            let contents = try writer.writePageData(frames: set.frames.span.extracting(position..<end))
            for index in position..<end {
                let target = contents[((index - position) * PageSet.pageSize)...].prefix(PageSet.pageSize)
                UnsafeMutableRawBufferPointer(rebasing: target).copyMemory(from: set.page(index))
            }
            position = end
        }
        records = writer.written
    }

    /// Checksums the records and makes frames of them, as the primary does while it sends.
    private func frame() throws(StreamError) {
        var checksum = PieceChecksum()
        var (position, sequence): (Int, UInt64) = (0, 1)
        while position < records.count {
            let piece = UnsafeRawBufferPointer(rebasing: records[position...].prefix(FrameHeader.maximumBulk))
            let sum = Checksum.of(piece)
            try FrameHeader(
                type: .checkpointData, payloadLength: piece.count, generation: .none, epoch: Epoch.none.next,
                sequence: sequence, payloadChecksum: sum
            ).encode(into: header)
            checksum.add(sum)
            position += piece.count
            sequence += 1
        }
        guard checksum.value != 0 || records.isEmpty else { throw .noRoom(needed: 0, available: 0) }
    }

    /// Checks the records, as the backup does before it acknowledges.
    private func verify() throws(StreamError) {
        var verifier = RecordVerifier(frameLimit: UInt64(set.frames.count) * 3, byteLimit: UInt64(records.count))
        var position = 0
        while position < records.count {
            let piece = UnsafeRawBufferPointer(rebasing: records[position...].prefix(FrameHeader.maximumBulk))
            _ = Checksum.of(piece)
            try verifier.feed(piece)
            position += piece.count
        }
    }
}
