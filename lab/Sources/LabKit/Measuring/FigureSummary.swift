/// One figure over several rounds.
struct FigureSummary: Encodable, Equatable {
    /// The smallest value.
    let min: Double
    /// The middle value, or the mean of the two in the middle.
    let median: Double
    /// The largest value.
    let max: Double

    /// Sums values up.
    ///
    /// - Parameter values: The values, in any order; `nil` comes of none.
    init?(_ values: [Double]) {
        let sorted = values.sorted()
        guard let first = sorted.first, let last = sorted.last else { return nil }
        let middle = sorted.count / 2
        min = first
        median = sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
        max = last
    }
}
