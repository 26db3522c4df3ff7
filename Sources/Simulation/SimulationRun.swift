// One run of the simulation, for whoever asks for it by its seed.

internal import ReplicaProtocol

/// What came of one run.
public struct SimulationRun: Sendable {
    /// What it was made of.
    public let setup: RunSetup
    /// How it ended.
    public let outcome: RunOutcome
    /// Its figures.
    public let statistics: RunStatistics
    /// What each host had at the end, in words.
    public let situation: String
    private let timeline: Timeline

    /// Runs.
    ///
    /// - Parameters:
    ///   - setup: What to run.
    ///   - isTold: Whether to keep the timeline.
    public init(_ setup: RunSetup, isTold: Bool = false) {
        let world = World(setup, isTold: isTold)
        outcome = world.run()
        situation = world.situationAtEnd
        self.setup = setup
        statistics = world.statistics
        timeline = world.timeline
    }

    /// The broken rule, if any.
    public var violation: Violation? { if case .violation(let violation) = outcome { violation } else { nil } }

    /// How it ended, in one or two sentences.
    public var verdict: String {
        guard let violation else { return "In the end \(situation)." }
        let waiver =
            setup.trustsSilence && setup.end != nil
            ? " That is what the policy \(setup.policy.rawValue) gives up: see docs/ownership.md." : ""
        return "Safety rule \(violation.rule) was broken: \(violation.text).\(waiver)"
    }

    /// The timeline as text; empty where it was not kept.
    ///
    /// - Parameter last: How many of its last lines.
    /// - Returns: One line for each thing that happened.
    public func timelineText(last: Int = .max) -> String { timeline.text(last: last) }
}
