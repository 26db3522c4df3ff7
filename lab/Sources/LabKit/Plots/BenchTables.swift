/// Markdown tables of benchmark reports.
struct BenchTables {
    let results: [BenchResult]
    /// What was measured without Xen.
    var native = NativeTables([])
    /// The files of the plots that lie beside the page.
    var plots: [String] = []

    /// What a figure must come to, as the project has set itself.
    private struct Goal {
        let text: String
        let scenario: String
        let figure: String
        let first: Double
        let goal: Double
        /// Whether more is better.
        var isFloor = false
    }

    private static let goals = [
        Goal(
            text: "guest suspended an epoch, replicactl / xl remus", scenario: "bench-epochs",
            figure: "pause_ours_to_xl", first: 1.0 / 6, goal: 1.0 / 12),
        Goal(
            text: "guest suspended an epoch, replicactl / floor", scenario: "bench-epochs",
            figure: "pause_ours_to_floor", first: 2, goal: 1.2),
        Goal(
            text: "epochs a second, replicactl / xl remus", scenario: "bench-epochs", figure: "epochs_ours_to_xl",
            first: 1.5, goal: 1.8, isFloor: true),
        Goal(
            text: "guest's work lost at the same epoch rate, replicactl / xl remus", scenario: "bench-epochs",
            figure: "work_lost_at_same_rate_ours_to_xl", first: 0.6, goal: 0.3),
        Goal(
            text: "bytes sent / raw dirty bytes", scenario: "bench-epochs", figure: "ours_sent_to_raw", first: 0.35,
            goal: 0.125),
        Goal(
            text: "decision to guest running, replicactl / libxl", scenario: "bench-takeover",
            figure: "activation_ours_to_xl", first: 0.5, goal: 0.25),
        Goal(
            text: "idle large guest / idle small guest, pause", scenario: "bench-memory",
            figure: "pause_large_to_small", first: 1.5, goal: 1.1),
        Goal(
            text: "output latency with early epochs, median / (unprotected + suspend + pause + round trip)",
            scenario: "bench-latency", figure: "latency_early_to_least", first: 2, goal: 1.3),
    ]

    /// What is measured side by side: how its figures' names begin, and what a reader calls it.
    private static let systems: [(prefix: String, title: String)] = [
        ("unprotected", "unprotected"), ("floor", "floor"), ("ours", "replicactl"),
        ("fixed", "replicactl, fixed interval"), ("early", "replicactl, early epochs"), ("xl", "xl remus"),
    ]

    /// The whole page.
    var markdown: String {
        var parts = [
            "# Results",
            "Made by `lab/plot`; what the figures mean is in [benchmarks.md](../benchmarks.md).",
        ]
        let goals =
            Self.goals.flatMap { goal in
                results.filter { $0.scenario == goal.scenario }.compactMap { Self.row(goal, $0) }
            } + native.goals
        if !goals.isEmpty {
            parts.append(Self.table(["figure", "load", "measured", "first step", "goal", "reached"], goals))
        }
        if !plots.isEmpty { parts.append(plots.map { "![\($0)](\($0))" }.joined(separator: "\n")) }
        for result in results.filter({ $0.scenario.hasPrefix("bench-") }) { parts.append(Self.section(result)) }
        parts += native.sections
        return parts.joined(separator: "\n\n") + "\n"
    }

    private static func row(_ goal: Goal, _ result: BenchResult) -> [String]? {
        guard let value = result.figures["\(goal.figure)_ratio"] else { return nil }
        let meets = { (bound: Double) in goal.isFloor ? value >= bound : value <= bound }
        let reached = meets(goal.goal) ? "goal" : meets(goal.first) ? "first step" : "no"
        return [
            goal.text, result.load, value.text(3), goal.first.text(3), goal.goal.text(3), reached,
        ]
    }

    /// One report: what it was played with, and its figures side by side.
    private static func section(_ result: BenchResult) -> String {
        let title = result.load.isEmpty ? result.scenario : "\(result.scenario), \(result.load)"
        let names = ["load", "guest", "link", "xl_transport", "machine"]
        var facts = names.compactMap { name in
            result.notes[name].map { "\(name.replacing("_", with: " ")): \($0)" }
        }
        facts.append("runs: \(result.runs)")
        var parts = ["## \(title)", facts.map { "- \($0)" }.joined(separator: "\n")]
        let systems = Self.systems.filter { system in
            result.figures.keys.contains { $0.hasPrefix("\(system.prefix)_") }
        }
        let measures = Set(
            result.figures.keys.compactMap { key in
                systems.first { key.hasPrefix("\($0.prefix)_") }.map { String(key.dropFirst($0.prefix.count + 1)) }
            })
        let rows = measures.sorted().map { measure in
            [measure.replacing("_", with: " ")]
                + systems.map { system in result.figures["\(system.prefix)_\(measure)"].map(Chart.label) ?? "" }
        }
        if !rows.isEmpty { parts.append(table([""] + systems.map(\.title), rows)) }
        let others = result.figures.filter { figure in !systems.contains { figure.key.hasPrefix("\($0.prefix)_") } }
        if !others.isEmpty {
            let rows = others.sorted { $0.key < $1.key }.map { [$0.key.replacing("_", with: " "), $0.value.text(3)] }
            parts.append(table(["", ""], rows))
        }
        // What is too long to be read is in the plots.
        for (_, samples) in result.tables.sorted(by: { $0.key < $1.key }) where samples.rows.count <= 20 {
            let names = samples.columns.map { $0.replacing("_", with: " ") }
            parts.append(table(names, samples.rows.map { $0.map(Chart.label) }))
        }
        return parts.joined(separator: "\n\n")
    }

    /// A Markdown table.
    static func table(_ head: [String], _ rows: [[String]]) -> String {
        let line = { (cells: [String]) in "| \(cells.joined(separator: " | ")) |" }
        return ([line(head), line(head.map { _ in "---" })] + rows.map(line)).joined(separator: "\n")
    }
}
