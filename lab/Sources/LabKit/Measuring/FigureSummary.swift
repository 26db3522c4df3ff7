/// One figure over several rounds.
struct FigureSummary: Encodable, Equatable {
    /// The smallest value.
    let min: Double
    /// The middle value, or the mean of the two in the middle.
    let median: Double
    /// The smallest value that nine of ten do not exceed.
    let p90: Double
    /// The smallest value that 99 of 100 do not exceed.
    let p99: Double
    /// The largest value.
    let max: Double

    /// The summary as a person reads it.
    var text: String {
        "min \(min.text(1))  median \(median.text(1))  p90 \(p90.text(1))  max \(max.text(1))"
    }

    /// Sums values up.
    ///
    /// - Parameter values: The values, in any order; `nil` comes of none.
    init?(_ values: [Double]) {
        let sorted = values.sorted()
        guard let first = sorted.first, let last = sorted.last else { return nil }
        let middle = sorted.count / 2
        min = first
        median = sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
        p90 = sorted[(sorted.count * 9 + 9) / 10 - 1]
        p99 = sorted[(sorted.count * 99 + 99) / 100 - 1]
        max = last
    }
}
