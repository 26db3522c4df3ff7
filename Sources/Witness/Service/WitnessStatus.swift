public import ReplicaModel

/// What is known of the witness, for display.
public struct WitnessStatus: Equatable, Sendable {
    /// Whether the last question was answered; `nil` before the first answer or failure.
    public var isReachable: Bool?
    /// Since when that is so.
    public var since: MonotonicTime?
    /// Why the last question was not answered; `nil` while the witness is reachable.
    public var failure: WitnessFailure?
    /// The endpoint of the last answer.
    public var endpoint: String?
    /// How long the last answer took, in microseconds.
    public var roundTripMicroseconds: UInt64?
    /// Whether this host's presence lease was alive at the last look.
    public var isPresent = false
    /// Questions taken, whatever came of them.
    public var questions: UInt64 = 0
    /// Swaps that were granted.
    public var grants: UInt64 = 0
    /// Swaps that were refused.
    public var refusals: UInt64 = 0
    /// Questions without an answer.
    public var failures: UInt64 = 0

    /// Nothing is known yet.
    public init() {}

    /// Takes note of an answered question.
    mutating func noteSuccess(endpoint: String?, roundTrip: UInt64?, at now: MonotonicTime) {
        if isReachable != true { since = now }
        isReachable = true
        failure = nil
        self.endpoint = endpoint ?? self.endpoint
        roundTripMicroseconds = roundTrip.map { $0 / 1000 } ?? roundTripMicroseconds
    }

    /// Takes note of a question without an answer.
    mutating func noteFailure(_ failure: WitnessFailure, at now: MonotonicTime) {
        if isReachable != false { since = now }
        isReachable = false
        self.failure = failure
    }
}
