internal import Synchronization
internal import SystemKit

/// Pages that several threads copy, each of them a chunk at a time.
final class PageCopyWork: Sendable {
    /// Pages of a guest whose frame numbers are addresses.
    struct Pages: @unchecked Sendable {
        // `@unchecked Sendable`: all of it stays in its place until everything is copied, and each page has one writer.

        /// Frame numbers.
        let numbers: UnsafeBufferPointer<UInt64>
        /// Where frame 0 is, or would be.
        let base: UnsafeRawPointer
        /// Room for 4096 bytes a frame.
        let destination: UnsafeMutableRawPointer

        /// Copies those of a chunk.
        fileprivate func copy(chunk: Int) {
            let first = chunk * PageCopyWork.chunkPages
            for position in first..<min(first + PageCopyWork.chunkPages, numbers.count) {
                (destination + position * GuestMemory.pageSize).copyMemory(
                    from: base + Int(numbers[position]) * GuestMemory.pageSize, byteCount: GuestMemory.pageSize)
            }
        }
    }

    private struct State {
        var given: [Pages] = []
        /// Which of these is being copied, and which of its chunks comes next.
        var current = 0
        var nextChunk = 0
        /// Chunks that helpers are copying.
        var helping = 0

        /// The next chunk, if one is left.
        mutating func take() -> (Pages, chunk: Int)? {
            while current < given.count {
                if nextChunk * PageCopyWork.chunkPages < given[current].numbers.count {
                    defer { nextChunk += 1 }
                    return (given[current], nextChunk)
                }
                current += 1
                nextChunk = 0
            }
            return nil
        }

        mutating func clear() {
            given.removeAll(keepingCapacity: true)
            current = 0
            nextChunk = 0
        }
    }

    /// How many pages a thread takes at once: 1 MiB.
    static let chunkPages = 256

    private let state = Mutex(State())
    private let helped = Mailbox<Void>(capacity: 1) { _, _ in true }

    /// Has room for the records of a checkpoint of 4 GiB; a larger one makes it grow.
    private static let usualRecords = 1024

    init() { state.withLock { $0.given.reserveCapacity(Self.usualRecords) } }

    /// Adds pages; nobody copies yet.
    func add(_ pages: Pages) { state.withLock { $0.given.append(pages) } }

    /// Forgets what was added; nobody copies any of it.
    func forget() { state.withLock { $0.clear() } }

    /// How many pages were added.
    var pageCount: Int { state.withLock { $0.given.reduce(0) { $0 + $1.numbers.count } } }

    /// Copies chunks until none is left.
    ///
    /// - Parameter asHelper: Whether another thread waits for this one with ``awaitHelpers()``.
    func run(asHelper: Bool) {
        while true {
            let taken = state.withLock { state in
                let taken = state.take()
                if taken != nil, asHelper { state.helping += 1 }
                return taken
            }
            guard let (pages, chunk) = taken else { return }
            pages.copy(chunk: chunk)
            guard asHelper else { continue }
            if state.withLock({ state in
                state.helping -= 1
                return state.helping == 0
            }) {
                helped.post(())
            }
        }
    }

    /// Waits for the chunks that helpers have taken; none is left to take.
    func awaitHelpers() {
        while !state.withLock({ state in
            if state.helping > 0 { return false }
            state.clear()
            return true
        }) { _ = helped.next(before: .max) }
    }
}
