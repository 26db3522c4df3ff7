internal import Glibc
package import GuestSupport

/// A region of memory whose every byte is known, and the separate table it is known from.
package final class VerifiedRegion {
    /// Where a byte of the region is.
    package struct Place: Equatable, CustomStringConvertible {
        /// Index of the page in the region.
        package let page: Int
        /// Offset of the byte in its page.
        package let offset: Int

        package var description: String { "\(page):\(offset)" }
    }

    /// Bytes that differ from what they must be.
    package struct Damage: Equatable {
        /// How many bytes are wrong.
        package private(set) var bytes = 0
        /// The wrong byte that was found first.
        package private(set) var first: Place?

        fileprivate mutating func add(_ count: Int, first place: Place) {
            bytes += count
            if first == nil { first = place }
        }

        fileprivate mutating func add(_ other: Damage) {
            bytes += other.bytes
            if first == nil { first = other.first }
        }
    }

    /// The result of a check of the whole region.
    package struct Report: Equatable {
        /// Pages that were checked.
        package let pages: Int
        /// Page rewrites since the start.
        package let writes: UInt64
        /// The sum of the table's versions; anything but ``writes`` means that the table itself is damaged.
        package let tableSum: UInt64
        /// All wrong bytes: those in the region now, and those that the writer met before and wrote over.
        package let damage: Damage

        /// True when every byte and the table are as they must be.
        package var isRight: Bool { damage.bytes == 0 && tableSum == writes }
    }

    /// Pages in the region.
    package let pageCount: Int
    /// Page rewrites since the start.
    package private(set) var writes: UInt64 = 0
    private let words: UnsafeMutablePointer<UInt64>
    private var versions: [UInt64]
    private var writtenOver = Damage()
    private var generator: PageChooser

    /// Maps the region and writes the first content into every page.
    ///
    /// - Parameters:
    ///   - pageCount: Pages of 4 KiB, at least one.
    ///   - seed: Where the random choice of pages starts.
    /// - Throws: ``SystemError`` when there is not that much memory.
    package init(pageCount: Int, seed: UInt64) throws(SystemError) {
        precondition(pageCount > 0, "a region without pages cannot be verified")
        let size = pageCount * PagePattern.pageBytes
        guard let memory = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            memory != MAP_FAILED
        else {
            throw SystemError(call: "mmap", subject: "\(size) bytes")
        }
        self.pageCount = pageCount
        words = memory.bindMemory(to: UInt64.self, capacity: pageCount * PagePattern.pageWords)
        versions = Array(repeating: 0, count: pageCount)
        generator = PageChooser(seed: seed)
        for page in 0..<pageCount { fill(page) }
    }

    deinit {
        munmap(words, pageCount * PagePattern.pageBytes)
    }

    /// Gives `count` randomly chosen pages their next version.
    ///
    /// Each page is checked before it is written over: wrong bytes stay on record even if no check came in time.
    package func rewritePages(_ count: Int) {
        for _ in 0..<count {
            let page = generator.next(below: pageCount)
            writtenOver.add(damage(of: page))
            versions[page] &+= 1
            writes &+= 1
            fill(page)
        }
    }

    /// Compares every byte of the region, and the sum of the table, with what they must be.
    package func check() -> Report {
        var found = writtenOver
        for page in 0..<pageCount { found.add(damage(of: page)) }
        return Report(pages: pageCount, writes: writes, tableSum: versions.reduce(0, &+), damage: found)
    }

    /// Flips one byte of a page on purpose, to show that a check finds it.
    ///
    /// - Parameter page: A page of the region.
    /// - Returns: The place of the flipped byte.
    package func corrupt(page: Int) -> Place {
        let offset = generator.next(below: PagePattern.pageBytes)
        UnsafeMutableRawPointer(words + page * PagePattern.pageWords)
            .assumingMemoryBound(to: UInt8.self)[offset] ^= 0xFF
        return Place(page: page, offset: offset)
    }

    /// Writes every page's proper content again and forgets the damage that was found.
    package func repair() {
        writtenOver = Damage()
        writes = versions.reduce(0, &+)
        for page in 0..<pageCount { fill(page) }
    }

    private func fill(_ page: Int) {
        let pattern = PagePattern(page: page, version: versions[page])
        let start = words + page * PagePattern.pageWords
        for index in 0..<PagePattern.pageWords { start[index] = pattern.word(index) }
    }

    private func damage(of page: Int) -> Damage {
        let pattern = PagePattern(page: page, version: versions[page])
        let start = words + page * PagePattern.pageWords
        var damage = Damage()
        for index in 0..<PagePattern.pageWords {
            let difference = start[index] ^ pattern.word(index)
            guard difference != 0 else { continue }
            let wrong = (0..<8).filter { UInt8(truncatingIfNeeded: difference >> ($0 * 8)) != 0 }
            damage.add(wrong.count, first: Place(page: page, offset: index * 8 + (wrong.first ?? 0)))
        }
        return damage
    }
}
