/// Whether a service's memory stays flat over a long run.
struct MemoryTrend: Equatable {
    /// The median of the first quarter of the samples, after the warm-up.
    let early: Double
    /// The median of the last quarter.
    let late: Double

    /// The growth from the first to the last quarter, in percent of the first.
    var growthPercent: Double { (late - early) / early * 100 }

    /// Judges samples that were taken at even distances.
    ///
    /// - Parameters:
    ///   - samples: Memory in any unit, the oldest first; `nil` comes of fewer than four after the warm-up.
    ///   - warmUp: The share of the samples at the beginning that does not count, in `0..<1`.
    init?(_ samples: [Double], warmUp: Double = 0.1) {
        let counted = samples.dropFirst(Int(Double(samples.count) * warmUp))
        let quarter = counted.count / 4
        guard quarter >= 1, let early = FigureSummary(Array(counted.prefix(quarter))),
            let late = FigureSummary(Array(counted.suffix(quarter))), early.median > 0
        else { return nil }
        self.early = early.median
        self.late = late.median
    }
}
