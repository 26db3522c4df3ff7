import Testing

@testable import XenToolstack

@Suite struct PageCopyTeamTests {
    private static let source = 4096
    private static let size = GuestMemory.pageSize
    /// As many as a record has, and not a multiple of a chunk.
    private static let record = 1000

    /// Frames whose first word is their number, from the last one down so that no page stays in its place.
    private static func copy(_ count: Int, helpers: Int, times: Int) throws {
        let base = UnsafeMutableRawPointer.allocate(byteCount: source * size, alignment: size)
        let destination = UnsafeMutableRawPointer.allocate(byteCount: (count + 1) * size, alignment: size)
        let numbers = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: count)
        defer {
            base.deallocate()
            destination.deallocate()
            numbers.deallocate()
        }
        for index in 0..<count { numbers[index] = UInt64(source - 1 - index % source) }
        let team = try PageCopyTeam(name: "test", helpers: helpers)
        for time in 0..<times {
            for frame in 0..<source {
                base.storeBytes(of: UInt64(frame << 8 | time), toByteOffset: frame * size, as: UInt64.self)
                base.storeBytes(of: UInt64(frame ^ time), toByteOffset: (frame + 1) * size - 8, as: UInt64.self)
            }
            (destination + count * size).storeBytes(of: .max, as: UInt64.self)
            // What was given and never copied is not to be touched.
            team.assign(PageCopyWork.Pages(numbers: UnsafeBufferPointer(numbers), base: base, destination: base))
            team.begin()
            for first in stride(from: 0, to: count, by: Self.record) {
                let list = UnsafeBufferPointer(rebasing: numbers[first..<min(first + Self.record, count)])
                team.assign(
                    PageCopyWork.Pages(numbers: list, base: base, destination: destination + first * Self.size))
            }
            team.copyAll()
            var wrong = 0
            for index in 0..<count {
                let page = destination + index * size
                let frame = Int(numbers[index])
                if page.load(as: UInt64.self) != UInt64(frame << 8 | time) { wrong += 1 }
                if page.load(fromByteOffset: size - 8, as: UInt64.self) != UInt64(frame ^ time) { wrong += 1 }
            }
            #expect(wrong == 0)
            #expect((destination + count * size).load(as: UInt64.self) == .max)
        }
    }

    @Test func `few pages are copied by the caller`() throws { try Self.copy(3, helpers: 2, times: 2) }

    @Test func `many pages are copied with help, again and again, to the last one`() throws {
        try Self.copy(PageCopyTeam.worthwhilePages + PageCopyWork.chunkPages / 2 + 1, helpers: 3, times: 30)
    }

    @Test func `without helpers the caller copies everything`() throws {
        try Self.copy(PageCopyTeam.worthwhilePages, helpers: 0, times: 2)
    }

    @Test func `a helper that comes too late finds nothing to do`() throws {
        let work = PageCopyWork()
        work.run(asHelper: true)
        let page = UnsafeMutableRawPointer.allocate(byteCount: 2 * Self.size, alignment: Self.size)
        defer { page.deallocate() }
        page.initializeMemory(as: UInt8.self, repeating: 7, count: 2 * Self.size)
        (page + Self.size).initializeMemory(as: UInt8.self, repeating: 0, count: Self.size)
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 1) { numbers in
            numbers[0] = 0
            work.add(
                PageCopyWork.Pages(
                    numbers: UnsafeBufferPointer(numbers), base: UnsafeRawPointer(page), destination: page + Self.size))
            work.run(asHelper: false)
            work.awaitHelpers()
        }
        #expect((page + Self.size).load(as: UInt8.self) == 7)
        // Where the pages went may be given back by now: the late one must not touch it.
        (page + Self.size).storeBytes(of: 9, as: UInt8.self)
        work.run(asHelper: true)
        #expect((page + Self.size).load(as: UInt8.self) == 9)
    }
}
