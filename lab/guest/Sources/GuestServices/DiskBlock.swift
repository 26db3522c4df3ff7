internal import Glibc

/// The content that a block of a disk must have: it derives from the block's number and its last write.
///
/// The first word is the write itself, so that wrong content tells whether it is newer or older than it should be.
package struct DiskBlock {
    /// Bytes in a block: the smallest unit of a disk.
    package static let bytes = 512
    /// 64-bit words in a block.
    static let words = bytes / MemoryLayout<UInt64>.size

    /// One write: its number in its lane, and when it was.
    ///
    /// The time makes the same write different in another course of events: a guest that goes on from a checkpoint
    /// writes the same blocks in the same order as the life that was lost, but not the same bytes. Else a disk that was
    /// ahead of the memory would become right by itself.
    struct Write: Equatable {
        /// The number in the upper half, the low bits of the clock in the lower one; zero stands for no write.
        let word: UInt64

        /// A block that was never written, or cleared since: it reads as zeros.
        static let none = Write(word: 0)

        init(word: UInt64) {
            self.word = word
        }

        /// Makes the stamp of a lane's next write.
        ///
        /// - Parameters:
        ///   - number: Its number in the lane, from 1.
        ///   - time: Nanoseconds of the monotonic clock.
        init(number: UInt32, time: UInt64) {
            word = UInt64(number) << 32 | UInt64(UInt32(truncatingIfNeeded: time))
        }

        var number: UInt32 { UInt32(word >> 32) }
    }

    /// How a block's content differs from what it must be.
    enum Verdict: Equatable {
        case right
        /// It is whole, and of a later write.
        case ahead
        /// It is whole, and of an earlier write.
        case behind
        /// It is no write's content.
        case damaged
    }

    /// Puts the content of a block into memory.
    ///
    /// - Parameters:
    ///   - number: The block's number in its lane.
    ///   - write: Its last write.
    ///   - place: The block's memory.
    static func fill(_ number: Int, _ write: Write, at place: UnsafeMutablePointer<UInt64>) {
        guard write != .none else {
            place.update(repeating: 0, count: words)
            return
        }
        let pattern = PagePattern(page: number, version: write.word)
        place[0] = write.word
        for index in 1..<words { place[index] = pattern.word(index) }
    }

    /// Compares a block with what it must be.
    ///
    /// - Parameters:
    ///   - number: The block's number in its lane.
    ///   - write: Its last write.
    ///   - place: The block's memory.
    /// - Returns: Whether it is right, or else what it is.
    static func judge(_ number: Int, _ write: Write, at place: UnsafePointer<UInt64>) -> Verdict {
        if holds(number, write, at: place) { return .right }
        let found = Write(word: place[0])
        guard found != write, holds(number, found, at: place) else { return .damaged }
        return found.number > write.number ? .ahead : .behind
    }

    private static func holds(_ number: Int, _ write: Write, at place: UnsafePointer<UInt64>) -> Bool {
        guard place[0] == write.word else { return false }
        guard write != .none else { return (1..<words).allSatisfy { place[$0] == 0 } }
        let pattern = PagePattern(page: number, version: write.word)
        return (1..<words).allSatisfy { place[$0] == pattern.word($0) }
    }
}
