import PageTrace
import SystemKit

/// The pages of one checkpoint that is measured, and where they lie: scattered, as a guest's dirty pages do.
struct PageSet: ~Copyable {
    static let pageSize = 4096

    /// The frame numbers, in order.
    let frames: [UInt64]
    /// What the pages are, for people.
    let name: String
    private let memory: AnonymousMemory
    private let places: [Int]

    /// Pages without any pattern.
    ///
    /// - Parameter count: How many.
    /// - Throws: ``SystemError``.
    init(noise count: Int) throws(SystemError) {
        memory = try AnonymousMemory(reserving: count * Self.pageSize)
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15
        func next() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
        for offset in stride(from: 0, to: memory.bytes.count, by: 8) {
            memory.bytes.storeBytes(of: next(), toByteOffset: offset, as: UInt64.self)
        }
        frames = (0..<count).map { UInt64($0) * 3 }
        var places = Array(0..<count)
        for index in places.indices.dropLast() {
            places.swapAt(index, index + Int(next() % UInt64(count - index)))
        }
        self.places = places
        name = "\(count) pages of noise"
    }

    /// The first pages of a trace's checkpoints.
    ///
    /// - Parameters:
    ///   - trace: The trace.
    ///   - name: What it is, for people.
    ///   - bound: The most pages to take.
    /// - Throws: ``SystemError``.
    init(_ trace: borrowing PageTraceReader, name: String, atMost bound: Int) throws(SystemError) {
        var count = 0
        for index in 0..<trace.count where trace.section(index).kind == .checkpoint {
            count = min(bound, count + trace.section(index).frames.count)
        }
        memory = try AnonymousMemory(reserving: max(1, count) * Self.pageSize)
        var done = 0
        for index in 0..<trace.count where done < count && trace.section(index).kind == .checkpoint {
            let pages = trace.section(index).pages
            let some = UnsafeRawBufferPointer(rebasing: pages.prefix((count - done) * Self.pageSize))
            UnsafeMutableRawBufferPointer(rebasing: memory.bytes[(done * Self.pageSize)...]).copyMemory(from: some)
            done += some.count / Self.pageSize
        }
        // One checkpoint has each frame once; these are of many.
        frames = (0..<count).map { UInt64($0) }
        places = Array(0..<count)
        self.name = name
    }

    /// Where a page lies.
    func page(_ index: Int) -> UnsafeRawBufferPointer {
        let start = places[index] * Self.pageSize
        return UnsafeRawBufferPointer(rebasing: memory.bytes[start..<start + Self.pageSize])
    }
}
