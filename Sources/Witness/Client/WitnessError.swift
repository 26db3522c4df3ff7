/// Why a question to the witness has no answer; the description says what to do.
public enum WitnessError: Error, Equatable, Sendable, CustomStringConvertible {
    /// No connection.
    case unreachable(endpoint: String, detail: String)
    /// A connection that ended before an answer. Whether a swap happened is unknown.
    case interrupted(endpoint: String, detail: String)
    /// The time for the question ran out. Whether a swap happened is unknown.
    case timedOut(endpoint: String)
    /// An answer that says neither yes nor no, or not in the bounds of one. Whether a swap happened is unknown.
    case garbage(endpoint: String, detail: String)
    /// An HTTP status other than 200, with the witness's own words.
    case refusedByServer(endpoint: String, status: Int, message: String)
    /// One side does not accept the other's identity.
    case tls(endpoint: String, detail: String)
    /// A setting that cannot work.
    case badConfiguration(String)

    /// What was tried, on what, what happened, and what to do.
    public var description: String {
        switch self {
        case .unreachable(let endpoint, let detail):
            "The witness at \(endpoint) cannot be reached: \(detail). Check that etcd runs there and the way to it."
        case .interrupted(let endpoint, let detail):
            "The connection to the witness at \(endpoint) ended before an answer: \(detail). Check that etcd runs on there."
        case .timedOut(let endpoint):
            "The witness at \(endpoint) did not answer in time: see whether its cluster has a majority "
                + "(`etcdctl endpoint status --cluster`), and the way to it."
        case .garbage(let endpoint, let detail):
            "The witness at \(endpoint) gave an answer that cannot be trusted: \(detail). "
                + "Check that this is the etcd of this pair of hosts."
        case .refusedByServer(let endpoint, let status, let message):
            "The witness at \(endpoint) refused the question (HTTP \(status)): \(message). See etcd's log."
        case .tls(let endpoint, let detail):
            "The witness at \(endpoint) and this host do not accept each other's certificate: \(detail). "
                + "Check the authority, the certificate's names and dates, and the key."
        case .badConfiguration(let detail): "The witness cannot be used: \(detail)."
        }
    }

    /// The same as a value of the protocol.
    public var failure: WitnessFailure {
        let kind: WitnessFailure.Kind =
            switch self {
            case .unreachable: .unreachable
            case .interrupted: .interrupted
            case .timedOut: .timedOut
            case .garbage: .garbage
            case .refusedByServer: .refusedByServer
            case .tls: .tls
            case .badConfiguration: .badConfiguration
            }
        return WitnessFailure(kind: kind, text: description)
    }

    /// Whether it tells more than that nobody listens there: of several endpoints' errors this one is reported.
    var isTelling: Bool { if case .unreachable = self { false } else { true } }
}
