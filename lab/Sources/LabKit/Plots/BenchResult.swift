/// A benchmark's report, as `lab/run ... --json` wrote it: one round, or several whose medians count.
struct BenchResult: Decodable, Equatable {
    let scenario: String
    let figures: [String: Double]
    let notes: [String: String]
    let tables: [String: SampleTable]
    /// How many rounds passed, which are those that count; 0 if none did.
    let runs: Int

    private enum CodingKeys: String, CodingKey {
        case scenario, passed, figures, notes, tables, rounds
    }

    init(from decoder: any Decoder) throws {
        let report = try decoder.container(keyedBy: CodingKeys.self)
        scenario = try report.decode(String.self, forKey: .scenario)
        // The other rounds broke off, or something was not as it must be.
        let rounds = try report.decodeIfPresent([BenchResult].self, forKey: .rounds)?.filter { $0.runs > 0 }
        guard let rounds else {
            runs = try report.decode(Bool.self, forKey: .passed) ? 1 : 0
            figures = try report.decode([String: Double].self, forKey: .figures)
            notes = try report.decode([String: String].self, forKey: .notes)
            tables = try report.decodeIfPresent([String: SampleTable].self, forKey: .tables) ?? [:]
            return
        }
        runs = rounds.count
        let all = Dictionary(grouping: rounds.flatMap(\.figures), by: \.key)
        figures = all.compactMapValues { FigureSummary($0.map(\.value))?.median }
        notes = rounds.last?.notes ?? [:]
        tables = rounds.last?.tables ?? [:]
    }

    /// The load's name, without what belongs to it.
    var load: String { String(notes["load"]?.prefix { $0 != "," } ?? "") }
}
