/// What fencing has done so far, for display.
public struct FenceStatus: Equatable, Sendable {
    /// Whether an agent is at work now.
    public var isRunning = false
    /// How often the peer was fenced.
    public var fenced: UInt64 = 0
    /// How often it was tried in vain.
    public var failed: UInt64 = 0
    /// What came of the last attempt.
    public var last: FenceResult?

    /// Nothing was done yet.
    public init() {}
}
