/// What one round of a scenario found out.
struct RoundReport: Encodable, Sendable {
    let scenario: String
    let passed: Bool
    /// How long the round took, in seconds.
    let seconds: Double
    let failures: [String]
    /// Numbers; each key ends with its unit.
    let figures: [String: Double]
    /// Facts in words.
    let notes: [String: String]
    let timeline: [Timeline.Line]
    /// Where the logs of a failed round are kept.
    let evidence: String?
    /// What came of each fault, where a scenario has several.
    var trials: [TrialReport] = []
    /// Each figure over all faults.
    var distributions: [String: FigureSummary] = [:]
    /// Samples over time, where a scenario takes some.
    var tables: [String: SampleTable] = [:]

    /// The round as a person reads it.
    func text(_ findings: ScenarioContext.Findings) -> String {
        let verdict = passed ? "passed" : "FAILED"
        let said = findings.conclusions.map { "  \($0)\n" }.joined()
        let reasons = failures.map { "  FAILED: \($0)\n" }.joined()
        let kept = evidence.map { "  logs and captures: \($0)\n" } ?? ""
        let spread = trials.isEmpty ? "" : TrialReport.text(trials)
        let head = "\(scenario): \(verdict) in \(seconds.text(1)) s\n"
        return "\(head)\(findings.timeline.text)\(spread)\(said)\(reasons)\(kept)"
    }
}

/// What all rounds of a scenario found out.
struct SeriesReport: Encodable, Sendable {
    let scenario: String
    let passed: Bool
    let passedRounds: Int
    let rounds: [RoundReport]
    /// Each figure over the rounds that have it.
    let summary: [String: FigureSummary]

    /// Sums rounds up.
    init(scenario: String, rounds: [RoundReport]) {
        self.scenario = scenario
        self.rounds = rounds
        passedRounds = rounds.count(where: \.passed)
        passed = passedRounds == rounds.count
        let figures = rounds.flatMap { $0.figures }
        summary = Dictionary(grouping: figures, by: \.key).compactMapValues { FigureSummary($0.map(\.value)) }
    }

    /// The summary as a person reads it.
    var text: String {
        summary.sorted { $0.key < $1.key }.map { key, figure in
            let name = key.padding(to: 36)
            return "  \(name) \(figure.text)\n"
        }.joined()
    }
}

extension String {
    /// The text with spaces after it, up to a width.
    func padding(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
