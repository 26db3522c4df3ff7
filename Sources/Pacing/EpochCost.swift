public import ReplicaModel

/// What one epoch cost, as far as it decides about the next ones.
public struct EpochCost: Equatable, Sendable {
    /// How long the guest stood still, in nanoseconds.
    public var standstill: UInt64
    /// From the guest's resume until the backup had acknowledged, in nanoseconds.
    public var transfer: UInt64
    /// Pages of the checkpoint.
    public var pages: UInt64
    /// When its output was released.
    public var released: MonotonicTime

    /// Makes a cost; times are in nanoseconds.
    public init(standstill: UInt64, transfer: UInt64, pages: UInt64, released: MonotonicTime) {
        self.standstill = standstill
        self.transfer = transfer
        self.pages = pages
        self.released = released
    }
}
