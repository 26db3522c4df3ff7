import CAllocationCount
import Glibc

/// One step of the data path: how long each run of it took, and what it asked of the heap.
///
/// Time is the processor time of this thread, so that other work on the machine slows the caches and not the clock.
struct Step {
    let name: String
    /// Processor time of each run, in seconds.
    private(set) var seconds: [Double] = []
    /// What the last run asked of the heap.
    private(set) var allocations: UInt64 = 0

    init(_ name: String) { self.name = name }

    /// What a piece of work took.
    struct Cost {
        var seconds = 0.0
        var allocations: UInt64 = 0

        static func += (left: inout Cost, right: Cost) {
            left.seconds += right.seconds
            left.allocations += right.allocations
        }
    }

    /// Does a piece of work.
    static func cost(of work: () throws -> Void) rethrows -> Cost {
        let before = rc_test_allocations()
        let start = processorTime()
        try work()
        return Cost(seconds: processorTime() - start, allocations: rc_test_allocations() - before)
    }

    /// Adds a run.
    mutating func add(_ cost: Cost) {
        seconds.append(cost.seconds)
        allocations = cost.allocations
    }

    /// The median of all runs, in seconds.
    var median: Double { percentile(50) }

    /// A field of a JSON object.
    ///
    /// - Parameters:
    ///   - pages: The pages of each run.
    ///   - copying: What copying them took, in seconds.
    /// - Returns: The name and the figures; GB are 10⁹ bytes of the guest.
    func json(pages: Int, copying: Double) -> String {
        let gigabytes = Double(pages * PageSet.pageSize) / 1e9
        let figures: [(String, Double)] = [
            ("best_gb_per_s", gigabytes / (seconds.min() ?? 0)), ("median_gb_per_s", gigabytes / median),
            ("p99_gb_per_s", gigabytes / percentile(99)), ("ns_per_page", median / Double(max(1, pages)) * 1e9),
            ("memcpy_to_step", copying / median),
            ("allocations_per_page", Double(allocations) / Double(max(1, pages))),
        ]
        return "\"\(name)\": {\(BenchmarkReport.fields(figures))}"
    }

    /// The smallest value that `percent` of 100 runs do not exceed; 0 without runs.
    private func percentile(_ percent: Int) -> Double {
        let sorted = seconds.sorted()
        return sorted.isEmpty ? 0 : sorted[max((sorted.count * percent + 99) / 100, 1) - 1]
    }

    private static func processorTime() -> Double {
        var now = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
    }
}
