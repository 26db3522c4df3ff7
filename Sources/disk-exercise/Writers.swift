import Synchronization
import SystemKit

/// Threads that write random runs of blocks, each in a part of the device of its own, until they are paused or ended.
final class Writers: Sendable {
    private let model: DiskModel
    private let count: Int
    private let isPaused = Atomic(true)
    private let isEnded = Atomic(false)
    private let busy = Atomic(0)
    private let alive = Atomic(0)
    private let failure = Mutex<ExerciseError?>(nil)

    init(_ model: DiskModel, count: Int) throws {
        self.model = model
        self.count = count
        for index in 0..<count {
            alive.wrappingAdd(1, ordering: .sequentiallyConsistent)
            try Thread(name: "writer-\(index)") { [self] in write(index) }.detach()
        }
    }

    /// Lets them write.
    func go() { isPaused.store(false, ordering: .sequentiallyConsistent) }

    /// Pauses them; none has a write under way when this returns.
    func pause() throws {
        isPaused.store(true, ordering: .sequentiallyConsistent)
        while busy.load(ordering: .sequentiallyConsistent) > 0 { Clock.sleep(milliseconds: 1) }
        if let failure = failure.withLock({ $0 }) { throw failure }
    }

    /// Ends them.
    func end() {
        isEnded.store(true, ordering: .sequentiallyConsistent)
        while alive.load(ordering: .sequentiallyConsistent) > 0 { Clock.sleep(milliseconds: 1) }
    }

    private func write(_ index: Int) {
        defer { alive.wrappingSubtract(1, ordering: .sequentiallyConsistent) }
        let room = DiskModel.room()
        defer { room.deallocate() }
        let share = model.blocks / count
        while !isEnded.load(ordering: .sequentiallyConsistent) {
            busy.wrappingAdd(1, ordering: .sequentiallyConsistent)
            // Looked at after the count, so that pause() cannot miss a write.
            let isPaused = isPaused.load(ordering: .sequentiallyConsistent)
            let isFailed = !isPaused && !writeOnce(index * share, share, room)
            busy.wrappingSubtract(1, ordering: .sequentiallyConsistent)
            if isFailed { return }
            if isPaused { Clock.sleep(milliseconds: 1) }
        }
    }

    private func writeOnce(_ start: Int, _ share: Int, _ room: UnsafeMutableRawBufferPointer) -> Bool {
        // Short writes are the more frequent ones: 4 KiB to 256 KiB.
        let blocks = Int.random(in: 1...(Bool.random() ? 4 : DiskModel.longestWrite))
        let first = start + Int.random(in: 0...share - blocks)
        do throws(ExerciseError) { try model.write(first, count: blocks, room: room) } catch {
            failure.withLock { $0 = error }
            return false
        }
        return true
    }
}
