public import ReplicaModel

/// The two times that both hosts must have in common for the lease to keep them apart.
public struct LeaseTerms: Equatable, Sendable {
    /// How long the primary may release output after the newest of its own send times that the backup confirmed.
    public var duration: Milliseconds
    /// How much longer the backup waits, for clocks that run at different rates.
    public var driftMargin: Milliseconds

    /// Makes terms.
    public init(duration: Milliseconds, driftMargin: Milliseconds) {
        self.duration = duration
        self.driftMargin = driftMargin
    }
}
