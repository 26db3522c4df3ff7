public import ReplicaModel

/// What is known of the peer host.
public enum PeerVerdict: Equatable, Sendable {
    /// Never heard since the service started: nothing may be concluded.
    case unknown
    /// Heard on every path.
    case alive
    /// Heard, but not on these paths: the paths are at fault, not the host.
    case suspect(silent: PathSet)
    /// Silent on every path; `since` is when that was concluded.
    case dead(since: MonotonicTime)

    var isDead: Bool { if case .dead = self { true } else { false } }
}
