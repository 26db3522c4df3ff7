/// Why there can be no fencing; the description says what to do.
public enum FenceError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A setting that cannot work.
    case badConfiguration(String)
    /// The agent failed a check that does nothing to the peer.
    case notUsable(program: String, detail: String)

    /// What was tried, on what, what happened, and what to do.
    public var description: String {
        switch self {
        case .badConfiguration(let detail): "Fencing cannot work: \(detail). Correct the configuration."
        case .notUsable(let program, let detail):
            "The fence agent \(program) does not work: \(detail). Try it by hand with the same options and -o monitor."
        }
    }
}
