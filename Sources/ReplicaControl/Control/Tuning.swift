internal import Pacing
internal import ReplicaModel

/// What an operator wants of a running protection's rhythm, in place of what the configuration says.
public struct Tuning: Codable, Equatable, Sendable {
    /// A fixed interval, in milliseconds.
    public var intervalMilliseconds: UInt64?
    /// A latency budget, in milliseconds.
    public var outputLatencyP99Milliseconds: UInt64?
    /// Go back to what the configuration says.
    public var reset = false

    /// Makes a wish; exactly one of its parts must be there.
    public init(
        intervalMilliseconds: UInt64? = nil, outputLatencyP99Milliseconds: UInt64? = nil, reset: Bool = false
    ) {
        self.intervalMilliseconds = intervalMilliseconds
        self.outputLatencyP99Milliseconds = outputLatencyP99Milliseconds
        self.reset = reset
    }

    /// Why a wish is not followed.
    enum Refusal: Error, Equatable {
        /// Not exactly one thing is asked for.
        case notOne
        /// A value is not within its range, or no number.
        case outOfRange(option: String, value: String, ClosedRange<UInt64>)
        /// The configuration would refuse this interval, too.
        case beyondAcknowledgeTimeout(interval: Milliseconds, Milliseconds)
    }

    /// The names of the options, as `replicactl tune` has them.
    static let intervalOption = "interval-ms"
    static let outputLatencyOption = "output-latency-p99-ms"
    static let resetOption = "reset"

    /// Reads a command line.
    ///
    /// - Parameter values: The options' values by their names.
    /// - Throws: ``Refusal``.
    init(options values: [String: String]) throws(Refusal) {
        self.init(
            intervalMilliseconds: try Self.number(values, Self.intervalOption, PacingLimits.interval),
            outputLatencyP99Milliseconds: try Self.number(values, Self.outputLatencyOption, PacingLimits.outputLatency),
            reset: values[Self.resetOption] != nil)
        _ = try goal
    }

    /// What the epochs are to be paced by; `nil` for what the configuration says.
    ///
    /// - Throws: ``Refusal``: what came over the control socket is checked as well.
    var goal: PacingRules.Goal? {
        get throws(Refusal) {
            switch (intervalMilliseconds, outputLatencyP99Milliseconds, reset) {
            case (let value?, nil, false):
                try Self.check(value, Self.intervalOption, PacingLimits.interval)
                return .interval(Milliseconds(rawValue: value))
            case (nil, let value?, false):
                try Self.check(value, Self.outputLatencyOption, PacingLimits.outputLatency)
                return .latency(Milliseconds(rawValue: value))
            case (nil, nil, true): return nil
            default: throw .notOne
            }
        }
    }

    /// The same, checked against what the configuration demands of an interval.
    ///
    /// - Parameter timeout: How long the backup may take to acknowledge.
    /// - Returns: As ``goal``.
    /// - Throws: ``Refusal``.
    func goal(acknowledgedWithin timeout: Milliseconds) throws(Refusal) -> PacingRules.Goal? {
        let goal = try goal
        if let interval = goal?.interval(beyond: timeout) {
            throw .beyondAcknowledgeTimeout(interval: interval, timeout)
        }
        return goal
    }

    private static func number(
        _ values: [String: String], _ option: String, _ range: ClosedRange<UInt64>
    ) throws(Refusal) -> UInt64? {
        guard let text = values[option] else { return nil }
        guard let value = UInt64(text) else { throw .outOfRange(option: option, value: text, range) }
        return value
    }

    private static func check(_ value: UInt64, _ option: String, _ range: ClosedRange<UInt64>) throws(Refusal) {
        guard range.contains(value) else { throw .outOfRange(option: option, value: "\(value)", range) }
    }
}

extension CommandError {
    /// A wish about a protection's rhythm that is not followed.
    init(_ refusal: Tuning.Refusal) {
        switch refusal {
        case .notOne:
            self.init(
                .usage,
                "tune: give one of --\(Tuning.intervalOption), --\(Tuning.outputLatencyOption) and --\(Tuning.resetOption)"
            )
        case .outOfRange(let option, let value, let range):
            self.init(
                .usage,
                "tune: --\(option) must be a whole number from \(range.lowerBound) to \(range.upperBound), not \"\(value)\""
            )
        case .beyondAcknowledgeTimeout(let interval, let timeout):
            self.init(
                .usage,
                "tune: --\(Tuning.intervalOption) is \(interval.rawValue) and must be at most"
                    + " epoch.acknowledge_timeout_ms, \(timeout.rawValue)")
        }
    }
}

extension PacingRules.Goal {
    /// What is wrong with a configuration while a protection is tuned to this.
    ///
    /// - Parameters:
    ///   - name: The domain.
    ///   - configuration: What is to be in force.
    /// - Returns: `nil` for nothing.
    func problem(of name: String, in configuration: Configuration) -> ConfigurationError.Problem? {
        let timeout = configuration.epoch.acknowledgeTimeout
        guard let interval = interval(beyond: timeout) else { return nil }
        return ConfigurationError.Problem(
            file: configuration.file, line: 0, column: 0,
            message: "epoch.acknowledge_timeout_ms is \(timeout.rawValue), less than the \(interval.rawValue) ms that "
                + "\(name) is tuned to; first `replicactl tune \(name) --reset`")
    }

    /// The fixed interval, where it is longer than an acknowledgement is awaited.
    fileprivate func interval(beyond timeout: Milliseconds) -> Milliseconds? {
        if case .interval(let interval) = self, interval > timeout { interval } else { nil }
    }

    /// The goal in words.
    var words: String {
        switch self {
        case .interval(let interval): "an epoch each \(interval.rawValue) ms"
        case .latency(let budget): "output latency of at most \(budget.rawValue) ms (p99)"
        }
    }
}

extension Tuning: CustomStringConvertible {
    /// The wish as it is written on a command line.
    public var description: String {
        let values = [
            intervalMilliseconds.map { "--\(Self.intervalOption) \($0)" },
            outputLatencyP99Milliseconds.map { "--\(Self.outputLatencyOption) \($0)" },
            reset ? "--\(Self.resetOption)" : nil,
        ]
        return values.compactMap(\.self).joined(separator: " ")
    }
}
