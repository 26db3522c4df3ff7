/// Decides whether an attempt to pack is worth its time, by what the attempts before gave.
///
/// Packing a page takes as long as encoding ten by a delta, and what a guest holds tends to be of one kind for a while. So
/// where attempts have saved little only every eighth is made, to see whether that has changed.
struct PackingJudge {
    // What a page's attempt saves, of 4096 bytes, averaged over about the last 16 attempts, times 16.
    private var average: Int
    private let least: Int
    private var skipped = 0
    private static let weight = 16

    /// Begins with an open mind.
    ///
    /// - Parameter least: The bytes of 4096 that an attempt must save on average.
    init(least: Int) {
        self.least = least * Self.weight
        average = 2 * least * Self.weight
    }

    /// Whether to try now.
    mutating func isWorthATry() -> Bool {
        if average >= least { return true }
        skipped = (skipped + 1) % 8
        return skipped == 0
    }

    /// Learns from an attempt.
    ///
    /// - Parameters:
    ///   - before: Bytes before, 1 to 4096.
    ///   - after: Bytes after; may be more.
    mutating func learn(before: Int, after: Int) {
        average += max(0, before - after) * Page.size / before - average / Self.weight
    }
}
