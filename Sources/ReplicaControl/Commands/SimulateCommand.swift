// `replicactl simulate`: drives the protocol of both hosts through faults in virtual time, and shows what it does.

internal import Glibc
internal import ReplicaModel
internal import ReplicaProtocol
internal import Simulation
internal import Synchronization
internal import SystemKit

/// Runs seeds or a scenario; touches no host, and needs no rights.
struct SimulateCommand {
    /// The seeds of a run without options: what `make simulate` runs.
    static let standardSeeds: ClosedRange<UInt64> = 1...10_000
    /// The most seeds of one command.
    private static let mostSeeds: UInt64 = 1_000_000_000
    /// How much of a failing run's timeline is printed.
    private static let tail = 40
    /// More threads than this bring nothing.
    private static let mostThreads = 16

    let values: [String: String]
    let output: CommandOutput

    /// Runs what the options ask for.
    ///
    /// - Returns: ``ExitStatus/ruleBroken`` when a safety rule was broken.
    func run() throws(CommandError) -> ExitStatus {
        guard [values["seed"], values["seeds"], values["scenario"]].compactMap({ $0 }).count <= 1 else {
            throw CommandError(.usage, "simulate takes one of --seed, --seeds and --scenario")
        }
        if let name = values["scenario"] { return try play(name) }
        if let text = values["seed"] {
            guard let seed = UInt64(text) else { throw CommandError(.usage, "--seed \(text) is not a number") }
            return try show(SimulationRun(.drawn(seed: seed, plantedFaults: PlantedFault.ofEnvironment), isTold: true))
        }
        return try campaign(try seeds(values["seeds"]))
    }

    // MARK: One run

    private func play(_ name: String) throws(CommandError) -> ExitStatus {
        let text: String
        if let known = NamedScenarios.text(of: name) {
            text = known
        } else {
            do { text = try ConfigurationLoader.contents(of: name) } catch {
                throw CommandError(
                    .usage, "the scenario \(name) cannot be read: \(error)",
                    hint: "give a file, or one of \(NamedScenarios.names.joined(separator: ", "))")
            }
        }
        var setup: RunSetup
        do throws(ScenarioFault) { setup = try RunSetup(scenario: text) } catch {
            throw CommandError(.usage, "\(name), \(error)", hint: "docs/simulator.md describes scenarios")
        }
        setup.plantedFaults = PlantedFault.ofEnvironment
        return try show(SimulationRun(setup, isTold: true))
    }

    private func show(_ run: SimulationRun) throws(CommandError) -> ExitStatus {
        if values["json"] == nil {
            output.out(run.timelineText() + run.verdict + "\n")
        } else {
            var summary = CampaignSummary()
            summary.add(run)
            try print(summary)
        }
        return run.violation == nil ? .success : .ruleBroken
    }

    // MARK: Many runs

    private func seeds(_ text: String?) throws(CommandError) -> ClosedRange<UInt64> {
        guard let text else { return Self.standardSeeds }
        let ends = text.split(separator: ".", omittingEmptySubsequences: true).map { UInt64($0) }
        guard text.contains(".."), ends.count == 2, let first = ends[0], let last = ends[1], first <= last,
            last - first < Self.mostSeeds
        else { throw CommandError(.usage, "--seeds \(text) is not a range such as 1..10000") }
        return first...last
    }

    private func campaign(_ seeds: ClosedRange<UInt64>) throws(CommandError) -> ExitStatus {
        let begin = Clock.monotonic
        let summary = try runOnThreads(seeds)
        let seconds = Double(Clock.monotonic - begin) / 1e9
        if values["json"] != nil {
            try print(summary)
        } else {
            for failure in summary.failures.prefix(3) { tell(failure) }
            output.out(CampaignText.render(summary, seconds: seconds))
        }
        return summary.violations == 0 ? .success : .ruleBroken
    }

    private func runOnThreads(_ seeds: ClosedRange<UInt64>) throws(CommandError) -> CampaignSummary {
        let count = UInt64(max(1, min(sysconf(Int32(_SC_NPROCESSORS_ONLN)), Self.mostThreads)))
        let total = SharedSummary()
        let plantedFaults = PlantedFault.ofEnvironment
        var others: [JoinOnEnd] = []
        do throws(SystemError) {
            for index in 1..<max(2, count) where index < count && seeds.lowerBound + index <= seeds.upperBound {
                let share = seeds.lowerBound + index...seeds.upperBound
                others.append(
                    JoinOnEnd(
                        try Thread(name: "simulate") {
                            total.add(.ofRuns(share, step: count, plantedFaults: plantedFaults))
                        }))
            }
        } catch { throw CommandError(.internalFault, "a thread cannot be started: \(error)") }
        total.add(.ofRuns(seeds, step: count, plantedFaults: plantedFaults))
        for other in others { other.join() }
        return total.summary
    }

    /// The end of a run that broke a rule, and how to see the whole of it.
    private func tell(_ failure: CampaignSummary.Failure) {
        let run = SimulationRun(
            .drawn(seed: failure.seed, plantedFaults: PlantedFault.ofEnvironment), isTold: true)
        output.out(
            "seed \(failure.seed) broke safety rule \(failure.rule): \(failure.text)\n"
                + run.timelineText(last: Self.tail) + "again: replicactl simulate --seed \(failure.seed)\n\n")
    }

    private func print(_ summary: CampaignSummary) throws(CommandError) {
        do { output.out(try JSONLine.encodeForReaders(summary)) } catch {
            throw CommandError(.internalFault, "the answer cannot be written as JSON: \(error)")
        }
    }
}

/// What the threads have found so far.
private final class SharedSummary: Sendable {
    private let state = Mutex(CampaignSummary())

    var summary: CampaignSummary { state.withLock { $0 } }

    func add(_ other: CampaignSummary) { state.withLock { $0.merge(other) } }
}

/// A thread that can be kept in an array.
private final class JoinOnEnd: Sendable {
    private let thread: Mutex<Thread?>

    init(_ thread: consuming Thread) { self.thread = Mutex(thread) }

    func join() {
        let thread = self.thread.withLock { $0.take() }
        thread?.join()
    }
}
