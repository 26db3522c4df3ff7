internal import Glibc
package import GuestSupport
internal import Synchronization

/// The lanes of a guest's disks, which several threads write, and their check while no write is outstanding.
package final class DiskLoad {
    /// The writes per second that may be set, over all lanes.
    package static let allowedRates = 0...100_000

    private let lanes: [LaneThread]
    private let control = LaneControl()
    private let cache: String?

    /// Makes the lanes, with known content, and starts their threads; they do not write yet.
    ///
    /// - Parameters:
    ///   - folder: A folder on the file system, for three files.
    ///   - disk: The disk, for two parts.
    ///   - offset: Where on the disk they begin, in bytes; a multiple of a page.
    ///   - bytes: The size of each lane; a multiple of a page.
    ///   - cache: The kernel's file that drops the page cache; nil leaves the cache alone.
    /// - Throws: ``SystemError`` when a place cannot be written, or a thread not be made.
    package init(folder: String, disk: String, offset: Int, bytes: Int, cache: String? = PageCache.control)
        throws(SystemError)
    {
        self.cache = cache
        let blocks = bytes / DiskBlock.bytes
        var plans: [(String, DiskLane.Way, DiskLane.Place)] = []
        for (index, way) in [DiskLane.Way.direct, .synced].enumerated() {
            plans.append(("raw", way, DiskLane.Place(path: disk, offset: offset + index * bytes)))
        }
        for way in [DiskLane.Way.direct, .buffered, .synced] {
            plans.append(("file", way, DiskLane.Place(path: "\(folder)/\(way.rawValue)")))
        }
        var lanes: [LaneThread] = []
        for (kind, way, place) in plans {
            let lane = DiskLane(
                name: "\(kind)-\(way.rawValue)", way: way, place: place, blockCount: blocks,
                seed: Clock.wall() &+ UInt64(lanes.count))
            try lane.open()
            try lane.fill()
            lanes.append(LaneThread(lane, control))
        }
        self.lanes = lanes
        for lane in lanes { try lane.start() }
    }

    /// Ends the threads; each goes when it has done its write.
    package func end() {
        control.isOver.store(true, ordering: .releasing)
    }

    /// The lanes' names, in the order of a check.
    package var names: [String] { lanes.map(\.name) }

    /// Blocks in each lane.
    package var blocksOfALane: Int { lanes.first?.blockCount ?? 0 }

    /// Sets the pace.
    ///
    /// - Parameter rate: Writes per second over all lanes, in ``allowedRates``; 0 stops them.
    package func setRate(_ rate: Int) {
        let period = rate == 0 ? 0 : UInt64(lanes.count) * 1_000_000_000 / UInt64(rate)
        control.period.store(period, ordering: .releasing)
    }

    /// Compares every block, first as the page cache has it, then as the disk has it when all is written back.
    ///
    /// The writers stand still meanwhile, and go on afterwards.
    package func check() -> DiskReport {
        hold()
        defer { control.isHeld.store(false, ordering: .releasing) }
        var report = DiskReport()
        for lane in lanes {
            report.add(
                lane.withState { state in
                    var cached = DiskReport()
                    state.attempt { lane throws(SystemError) in
                        cached = try lane.check(.buffered)
                        try lane.synchronize()
                    }
                    cached.blocks = 0
                    return cached
                })
        }
        do throws(SystemError) {
            if let cache { try PageCache.drop(by: cache) }
        } catch { report.failure = "\(error)" }
        for lane in lanes {
            report.add(
                lane.withState { state in
                    var found = DiskReport()
                    state.attempt { lane throws(SystemError) in found = try lane.check(.direct) }
                    found.writes = state.lane.writes
                    var met = state.lane.metBefore
                    met.blocks = 0
                    found.add(met)
                    found.failure = state.failure
                    return found
                })
        }
        return report
    }

    /// Writes since the lanes were filled.
    package var writes: UInt64 {
        lanes.reduce(0) { sum, lane in sum + lane.withState { $0.lane.writes } }
    }

    /// Stops the writers, waits until all is on the disks, and lets go of them.
    ///
    /// - Returns: What failed, or nil.
    package func close() -> String? {
        hold()
        return each { lane throws(SystemError) in try lane.close() }
    }

    /// Opens the disks again, as they were closed, and lets the writers go on.
    ///
    /// - Returns: What failed, or nil.
    package func reopen() -> String? {
        defer { control.isHeld.store(false, ordering: .releasing) }
        return each { lane throws(SystemError) in try lane.open() }
    }

    /// Flips a byte of a lane's block on the disk, to show that a check finds it.
    ///
    /// - Returns: What failed, or nil.
    package func corrupt(lane name: String, block: Int) -> String? {
        guard let lane = lanes.first(where: { $0.name == name }), (0..<lane.blockCount).contains(block) else {
            return "there is no such block"
        }
        return lane.withState { state in
            state.attempt { lane throws(SystemError) in try lane.corrupt(block: block) }
            return state.failure
        }
    }

    /// No lane begins a write from here on, and none is in one.
    private func hold() {
        control.isHeld.store(true, ordering: .releasing)
        for lane in lanes { lane.withState { _ in } }
    }

    private func each(_ work: @Sendable (DiskLane) throws(SystemError) -> Void) -> String? {
        var failure: String?
        for lane in lanes {
            let outcome = lane.withState { state in
                state.attempt(work)
                return state.failure
            }
            failure = failure ?? outcome
        }
        return failure
    }
}
