internal import ReplicaModel
public import ReplicaProtocol

/// Many runs, and what came of them together.
public struct CampaignSummary: Encodable, Equatable, Sendable {
    /// A run that broke a rule.
    public struct Failure: Encodable, Equatable, Sendable {
        /// Its seed.
        public let seed: UInt64
        /// The rule's number.
        public let rule: Int
        /// What was seen.
        public let text: String
    }

    /// The runs.
    public private(set) var runs = 0
    /// The first ``failureLimit`` runs that broke a rule.
    public private(set) var failures: [Failure] = []
    /// How many runs broke a rule.
    public private(set) var violations = 0
    /// How the others ended.
    public private(set) var outcomes: [String: Int] = [:]
    /// The virtual time of all runs; whole, so that the order in which shares are added does not show.
    public private(set) var virtualMilliseconds: UInt64 = 0
    /// How often each kind of fault struck.
    public private(set) var faults: [String: Int] = [:]
    /// How often each decision was made.
    public private(set) var decisions: [String: Int] = [:]
    /// From the death of the serving host to the decision to take over.
    public private(set) var detection = Distribution()
    /// From there to the first output of the other host.
    public private(set) var takeover = Distribution()
    /// For how long a run had no replica after the first one was armed.
    public private(set) var unprotected = Distribution()

    /// More failures are counted, and not listed (safety rule 6).
    public static let failureLimit = 100

    /// Makes the summary of no runs.
    public init() {}

    /// Runs a range of seeds.
    ///
    /// - Parameters:
    ///   - seeds: The seeds, one run each.
    ///   - step: Takes every so-manieth seed, so that threads can share a range.
    ///   - plantedFaults: Bugs that are switched on.
    /// - Returns: The summary of all runs.
    public static func ofRuns(
        _ seeds: ClosedRange<UInt64>, step: UInt64 = 1, plantedFaults: PlantedFaults = PlantedFaults()
    ) -> CampaignSummary {
        var summary = CampaignSummary()
        for seed in stride(from: seeds.lowerBound, through: seeds.upperBound, by: Int(step)) {
            summary.add(SimulationRun(RunSetup.drawn(seed: seed, plantedFaults: plantedFaults)))
        }
        return summary
    }

    /// Takes a run into account.
    public mutating func add(_ run: SimulationRun) {
        runs += 1
        virtualMilliseconds += run.statistics.virtualTime / 1_000_000
        for (kind, count) in run.statistics.faults { faults[kind.rawValue, default: 0] += count }
        for (reason, count) in run.statistics.decisions { decisions[reason.rawValue, default: 0] += count }
        for time in run.statistics.detections { detection.add(time) }
        for time in run.statistics.takeovers { takeover.add(time) }
        unprotected.add(run.statistics.unprotected)
        guard case .violation(let violation) = run.outcome else {
            outcomes[run.outcome.word, default: 0] += 1
            return
        }
        violations += 1
        guard failures.count < Self.failureLimit else { return }
        failures.append(Failure(seed: run.setup.seed, rule: violation.rule, text: violation.text))
    }

    /// Takes another summary in, of other seeds.
    public mutating func merge(_ other: CampaignSummary) {
        runs += other.runs
        violations += other.violations
        virtualMilliseconds += other.virtualMilliseconds
        failures = Array((failures + other.failures).sorted { $0.seed < $1.seed }.prefix(Self.failureLimit))
        outcomes.merge(other.outcomes, uniquingKeysWith: +)
        faults.merge(other.faults, uniquingKeysWith: +)
        decisions.merge(other.decisions, uniquingKeysWith: +)
        detection.merge(other.detection)
        takeover.merge(other.takeover)
        unprotected.merge(other.unprotected)
    }
}

extension RunOutcome {
    /// The outcome in one word.
    public var word: String {
        switch self {
        case .well: "well"
        case .shutDown: "guest-shut-down"
        case .lost: "guest-lost"
        case .waits: "waits-for-operator"
        case .violation: "violation"
        }
    }
}
