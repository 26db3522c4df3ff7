/// What came of a question.
public enum WitnessAnswer: Equatable, Sendable {
    /// The new record stands.
    case granted
    /// Something else stands, and nothing was changed.
    case refused(WitnessRecord?)
    /// What is stored.
    case record(WitnessRecord?)
    /// Whether the host keeps its lease alive.
    case presence(Bool)
    /// There is no answer. A swap may have happened or may still happen: see ``WitnessFailure``.
    case failed(WitnessFailure)
}

/// What became of a swap.
public enum SwapResult: Equatable, Sendable {
    /// The new record stands.
    case granted
    /// Another record stands (`nil`: none), and nothing was changed.
    case refused(current: WitnessRecord?)
}

/// Why there is no answer.
///
/// After a failed swap it is unknown whether the new record stands, and it may still come to stand: the question may be
/// under way. Ask the same again until the answer is clear, and meanwhile act on the worse of both. It is settled by a
/// later grant on the same domain, or by a later answer that shows another record than the failed swap expected; a later
/// answer that shows the expected one settles nothing.
public struct WitnessFailure: Equatable, Sendable {
    /// The causes that can be told apart.
    public enum Kind: String, Equatable, Sendable {
        /// No connection to any endpoint.
        case unreachable = "unreachable"
        /// The connection ended before an answer: the question may have been taken.
        case interrupted = "interrupted"
        /// An endpoint took the question and gave no answer in time: the cluster may have no quorum.
        case timedOut = "timed-out"
        /// An answer that says neither yes nor no.
        case garbage = "garbage"
        /// The witness refuses to work for us, for instance for lack of rights.
        case refusedByServer = "refused-by-server"
        /// The identity of one side is not accepted by the other.
        case tls = "tls"
        /// Something in the configuration cannot work.
        case badConfiguration = "bad-configuration"
        /// The question waited too long behind others and was not asked at all.
        case expired = "expired"
    }

    /// The cause.
    public let kind: Kind
    /// One sentence for the operator.
    public let text: String

    /// Makes a failure of its parts.
    public init(kind: Kind, text: String) {
        self.kind = kind
        self.text = text
    }
}
