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

        /// Copies all of them.
        func copyAll() { copy(0..<numbers.count) }

        /// Copies those of a chunk.
        fileprivate func copy(chunk: Int) {
            let first = chunk * PageCopyWork.chunkPages
            copy(first..<min(first + PageCopyWork.chunkPages, numbers.count))
        }

        private func copy(_ positions: Range<Int>) {
            for position in positions {
                (destination + position * GuestMemory.pageSize).copyMemory(
                    from: base + Int(numbers[position]) * GuestMemory.pageSize, byteCount: GuestMemory.pageSize)
            }
        }
    }

    private struct State {
        var pages: Pages?
        var nextChunk = 0
        /// Chunks that helpers are copying.
        var helping = 0

        /// The next chunk, if one is left.
        mutating func take() -> (Pages, chunk: Int)? {
            guard let pages, nextChunk * PageCopyWork.chunkPages < pages.numbers.count else { return nil }
            defer { nextChunk += 1 }
            return (pages, nextChunk)
        }
    }

    /// How many pages a thread takes at once: 1 MiB.
    static let chunkPages = 256

    private let state = Mutex(State())
    private let helped = Mailbox<Void>(capacity: 1) { _, _ in true }

    /// Begins; everything begun before has ended.
    func begin(_ pages: Pages) { state.withLock { $0 = State(pages: pages) } }

    /// Copies chunks until none is left, or nothing has begun.
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
            state.pages = nil
            return true
        }) { _ = helped.next(before: .max) }
    }
}
