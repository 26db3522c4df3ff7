/// What the exercise found, as it is printed.
struct ExerciseReport: Encodable {
    /// How long a step took.
    struct Duration: Encodable {
        var count: Int
        var medianMicroseconds: Double
        var ninetyNinthMicroseconds: Double
        var maximumMicroseconds: Double

        init?(_ nanoseconds: [UInt64]) {
            let all = nanoseconds.map { Double($0 / 100) / 10 }.sorted()
            guard let last = all.last else { return nil }
            count = all.count
            medianMicroseconds = all[all.count / 2]
            ninetyNinthMicroseconds = all[min(all.count - 1, all.count * 99 / 100)]
            maximumMicroseconds = last
        }
    }

    /// Failovers to a committed epoch while threads write.
    struct Agreement: Encodable {
        var rounds = 0
        /// Barriers with all writers paused, and with writes under way.
        var quietBarriers = 0
        var busyBarriers = 0
        var comparedBytes: UInt64 = 0
        var takenBackBytes: UInt64 = 0
        /// Until the journal is on the medium and the layer is out.
        var takeBack: Duration?
        /// Until the journal is applied.
        var rollback: Duration?
        /// Sectors that are of another time than they must be, or of none.
        var wrongSectors = 0
    }

    /// The steps of an epoch.
    struct Steps: Encodable {
        var barrier: Duration?
        var commit: Duration?
        var preparation: Duration?
    }

    /// Many barriers in a row.
    struct Endurance: Encodable {
        var withoutWrites: Steps
        var underWrites: Steps
        var before: Footprint
        var after: Footprint
    }

    /// A log that is too small.
    struct Overflow: Encodable {
        var fullestBeforeInvalid: Double
        var wasRefused: Bool
    }

    var agreement = Agreement()
    var endurance: Endurance?
    var overflow: Overflow?
    /// How many layers of killed processes were cleaned up.
    var abandonedLayers = 0
    /// What is not as it must be; empty when all is well.
    var faults: [String] = []
}
