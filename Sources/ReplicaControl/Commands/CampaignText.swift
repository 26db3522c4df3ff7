internal import Simulation

/// The words for many simulated runs.
enum CampaignText {
    /// Writes a summary for readers.
    ///
    /// - Parameters:
    ///   - summary: What the runs brought.
    ///   - seconds: How long they took.
    /// - Returns: A few lines.
    static func render(_ summary: CampaignSummary, seconds: Double) -> String {
        let perSecond = seconds > 0 ? Int(Double(summary.runs) / seconds) : summary.runs
        let outcomes = summary.outcomes.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
        return """
            \(summary.runs) runs, \(summary.violations) violations (\(outcomes.joined(separator: ", ")))
            \(summary.virtualMilliseconds / 1_000) virtual seconds in \(Int(seconds.rounded())) s, \(perSecond) runs/s, \
            \(summary.faults.values.reduce(0, +)) faults
            detection    \(times(summary.detection))
            takeover     \(times(summary.takeover))
            unprotected  \(times(summary.unprotected))

            """
    }

    private static func times(_ distribution: Distribution) -> String {
        "median \(distribution.quantile(0.5)) ms, 90 % \(distribution.quantile(0.9)) ms, "
            + "99 % \(distribution.quantile(0.99)) ms, most \(distribution.maximum) ms (\(distribution.count))"
    }
}
