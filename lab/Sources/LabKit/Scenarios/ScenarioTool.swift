import Foundation

/// The command line of `lab/run`.
public enum ScenarioTool {
    /// Plays a scenario and reports.
    ///
    /// - Parameter arguments: The words after the program's name.
    /// - Returns: The exit status: 0 if all rounds passed, 1 if one failed, 64 for bad usage.
    public static func run(_ arguments: [String]) -> Int32 {
        do {
            guard let order = try Order(arguments) else {
                print(usage, terminator: "")
                return 0
            }
            if order.isList {
                for (_, words) in order.scenario.choices { print(words.joined(separator: "\n")) }
                return 0
            }
            return try play(order) ? 0 : 1
        } catch {
            FileHandle.standardError.write(Data("lab/run: \(error)\n".utf8))
            return error.cause == .badUsage ? 64 : 1
        }
    }

    private static var usage: String {
        let names = Scenario.all.map { scenario in
            var options = scenario.options.sorted { $0.key < $1.key }.map { " [--\($0.key) N (\($0.value))]" }
            options += scenario.choices.keys.sorted().map { " [--\($0) WORD | --list]" }
            return "  \(scenario.name.padding(to: 22)) \(scenario.summary)\(options.joined())\n"
        }
        return "usage: lab/run NAME [--json FILE] [--repeat N] [OPTION N]\n\n" + names.joined()
    }

    /// What the command line asks for.
    struct Order {
        var scenario: Scenario
        var report: String?
        var rounds = 1
        var options: [String: Int]
        var choices: [String: String] = [:]
        /// Only the words are to be shown that the scenario's options take.
        var isList = false

        /// Reads the words after the program's name; `nil` stands for a request for help.
        init?(_ arguments: [String]) throws(LabError) {
            guard let name = arguments.first else { throw Self.badUsage("the scenario's name is missing") }
            if name == "--help" || name == "-h" || name == "help" { return nil }
            guard let scenario = Scenario.all.first(where: { $0.name == name }) else {
                throw Self.badUsage("there is no scenario '\(name)'")
            }
            self.scenario = scenario
            options = scenario.options
            var rest = arguments.dropFirst()
            while let option = rest.popFirst() {
                if option == "--list", !scenario.choices.isEmpty {
                    isList = true
                    continue
                }
                guard let value = rest.popFirst() else {
                    throw Self.badUsage("'\(option)' is not an option with a value")
                }
                switch option {
                case "--json": report = value
                case "--repeat": rounds = try Self.count(value)
                case let other where other.hasPrefix("--") && options[String(other.dropFirst(2))] != nil:
                    options[String(other.dropFirst(2))] = try Self.count(value)
                case let other where other.hasPrefix("--") && scenario.choices[String(other.dropFirst(2))] != nil:
                    let choice = String(other.dropFirst(2))
                    guard scenario.choices[choice]?.contains(value) == true else {
                        throw Self.badUsage("'\(value)' is no \(choice); `lab/run \(name) --list` shows all")
                    }
                    choices[choice] = value
                default: throw Self.badUsage("\(name) has no option '\(option)'")
                }
            }
        }

        private static func count(_ text: String) throws(LabError) -> Int {
            guard let count = Int(text), count > 0 else { throw badUsage("'\(text)' is no count") }
            return count
        }

        private static func badUsage(_ outcome: String) -> LabError {
            LabError(.badUsage, attempt: "understand the command", outcome: outcome, remedy: "See `lab/run help`.")
        }
    }

    /// Plays all rounds, one scenario at a time on this machine.
    private static func play(_ order: Order) throws(LabError) -> Bool {
        let lab = try Lab(layout: Layout())
        let name = order.scenario.name
        let waiting = { lab.progress.step("another scenario is being played: waiting for its end") }
        let rounds = try FileLock.holding("\(lab.layout.cache)/scenario.lock", waiting: waiting) {
            (1...order.rounds).map { number in
                lab.progress.step("\(name): round \(number) of \(order.rounds)")
                let context = ScenarioContext(lab: lab, options: order.options, choices: order.choices)
                return playOnce(order.scenario, context)
            }
        }
        let series = SeriesReport(scenario: name, rounds: rounds)
        if rounds.count > 1 { print("\(name): \(series.passedRounds) of \(rounds.count) passed\n\(series.text)") }
        if let report = order.report {
            if rounds.count == 1 { try write(rounds[0], to: report) } else { try write(series, to: report) }
        }
        return series.passed
    }

    private static func playOnce(_ scenario: Scenario, _ context: ScenarioContext) -> RoundReport {
        let lab = context.lab
        let mark = lab.markConsoles()
        let start = ContinuousClock.now
        var failures: [String] = []
        do { try scenario.play(context) } catch { failures.append("\(error)") }
        do { failures += try lab.scanConsoles(since: mark).map(\.description) } catch { failures.append("\(error)") }
        let seconds = (ContinuousClock.now - start).seconds
        for failure in failures { lab.progress.step("FAILED: \(failure)") }
        let evidence = failures.isEmpty ? nil : try? lab.keepEvidence(of: scenario.name)
        context.finish()
        let findings = context.findings
        let report = RoundReport(
            scenario: scenario.name, passed: failures.isEmpty, seconds: seconds, failures: failures,
            figures: findings.figures, notes: findings.notes, timeline: findings.timeline.lines, evidence: evidence,
            trials: findings.trials, distributions: TrialReport.summary(findings.trials), tables: findings.tables)
        print(report.text(findings), terminator: "")
        return report
    }

    private static func write(_ report: some Encodable, to path: String) throws(LabError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        guard let data = try? encoder.encode(report) else {
            throw LabError(.systemCallFailed, attempt: "write the report \(path)", outcome: "a figure is not a number")
        }
        try Files.write(String(decoding: data, as: UTF8.self) + "\n", to: path)
    }
}
