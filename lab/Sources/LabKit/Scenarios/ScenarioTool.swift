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
            return try play(order) ? 0 : 1
        } catch {
            FileHandle.standardError.write(Data("lab/run: \(error)\n".utf8))
            return error.cause == .badUsage ? 64 : 1
        }
    }

    private static var usage: String {
        let names = Scenario.all.map {
            "  \($0.name.padding(toLength: 20, withPad: " ", startingAt: 0)) \($0.summary)\n"
        }
        return "usage: lab/run NAME [--json FILE] [--repeat N]\n\n" + names.joined()
    }

    private struct Order {
        var scenario: Scenario
        var report: String?
        var rounds = 1

        init?(_ arguments: [String]) throws(LabError) {
            guard let name = arguments.first else { throw Self.badUsage("the scenario's name is missing") }
            if name == "--help" || name == "-h" || name == "help" { return nil }
            guard let scenario = Scenario.all.first(where: { $0.name == name }) else {
                throw Self.badUsage("there is no scenario '\(name)'")
            }
            self.scenario = scenario
            var rest = arguments.dropFirst()
            while let option = rest.popFirst() {
                switch (option, rest.popFirst()) {
                case ("--json", let file?): report = file
                case ("--repeat", let count?):
                    guard let rounds = Int(count), rounds > 0 else { throw Self.badUsage("'\(count)' is no count") }
                    self.rounds = rounds
                default: throw Self.badUsage("'\(option)' is not an option with a value")
                }
            }
        }

        private static func badUsage(_ outcome: String) -> LabError {
            LabError(.badUsage, attempt: "understand the command", outcome: outcome, remedy: "See `lab/run help`.")
        }
    }

    private struct Round: Encodable {
        let passed: Bool
        let seconds: Double
        let failure: String?
        let measurements: [ScenarioContext.Measurement]
    }

    private struct Report: Encodable {
        let scenario: String
        let rounds: [Round]
    }

    /// Plays all rounds, one scenario at a time on this machine.
    private static func play(_ order: Order) throws(LabError) -> Bool {
        let lab = try Lab(layout: Layout())
        let waiting = { lab.progress.step("another scenario is being played: waiting for its end") }
        let rounds = try FileLock.holding("\(lab.layout.cache)/scenario.lock", waiting: waiting) {
            (1...order.rounds).map { number in
                lab.progress.step("\(order.scenario.name): round \(number) of \(order.rounds)")
                let round = playOnce(order.scenario, lab)
                let verdict = round.failure.map { "FAILED: \($0)" } ?? "passed"
                lab.progress.step("\(order.scenario.name): \(verdict) in \(round.seconds.text(1)) s")
                return round
            }
        }
        if let report = order.report { try write(Report(scenario: order.scenario.name, rounds: rounds), to: report) }
        return rounds.allSatisfy(\.passed)
    }

    private static func playOnce(_ scenario: Scenario, _ lab: Lab) -> Round {
        let context = ScenarioContext(lab: lab)
        let mark = lab.markConsoles()
        let start = ContinuousClock.now
        var failures: [String] = []
        do {
            try scenario.play(context)
        } catch {
            failures.append("\(error)")
        }
        do {
            failures += try lab.scanConsoles(since: mark).map(\.description)
        } catch {
            failures.append("\(error)")
        }
        return Round(
            passed: failures.isEmpty, seconds: (ContinuousClock.now - start).seconds,
            failure: failures.isEmpty ? nil : failures.joined(separator: "\n"), measurements: context.measurements)
    }

    private static func write(_ report: Report, to path: String) throws(LabError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        guard let data = try? encoder.encode(report) else {
            throw LabError(.systemCallFailed, attempt: "write the report \(path)", outcome: "a figure is not a number")
        }
        try Files.write(String(decoding: data, as: UTF8.self) + "\n", to: path)
    }
}
