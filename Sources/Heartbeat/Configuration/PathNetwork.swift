/// Which of the two networks a path runs over.
public enum PathNetwork: UInt8, Sendable, CaseIterable {
    /// The network that the guests use.
    case lan = 1
    /// The link between the two hosts that carries checkpoints.
    case replication = 2
}
