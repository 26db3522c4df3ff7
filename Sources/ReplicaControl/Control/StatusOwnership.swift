/// How this host decides who may go on alone, and whom it can ask.
public struct OwnershipStatus: Codable, Equatable, Sendable {
    /// `policy.ownership`, with the witness's cluster and whether there is a fencing agent.
    public var rules: String
    /// Whether the witness answered last; absent without one, and before the first answer.
    public var witnessReachable: Bool?
    /// The witness's endpoint that answered last.
    public var witnessEndpoint: String?
    /// How long the last answer took.
    public var witnessRoundTripMicroseconds: UInt64?
    /// Why the witness did not answer.
    public var witnessFailure: String?
    /// How often the fencing agent stopped the other host; absent without one.
    public var fenced: UInt64?
    /// How often it failed.
    public var fencingFailed: UInt64?
    /// Records of domains that cannot be used, with what to do: such a domain's output may be held.
    public var problems: [String]

    /// Makes a status.
    public init(
        rules: String, witnessReachable: Bool? = nil, witnessEndpoint: String? = nil,
        witnessRoundTripMicroseconds: UInt64? = nil, witnessFailure: String? = nil, fenced: UInt64? = nil,
        fencingFailed: UInt64? = nil, problems: [String] = []
    ) {
        self.rules = rules
        self.witnessReachable = witnessReachable
        self.witnessEndpoint = witnessEndpoint
        self.witnessRoundTripMicroseconds = witnessRoundTripMicroseconds
        self.witnessFailure = witnessFailure
        self.fenced = fenced
        self.fencingFailed = fencingFailed
        self.problems = problems
    }
}
