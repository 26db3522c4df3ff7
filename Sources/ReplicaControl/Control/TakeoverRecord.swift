/// When the steps of a takeover were done, each in nanoseconds of this host's wall clock since 1970.
public struct TakeoverRecord: Codable, Equatable, Sendable {
    /// The primary was last heard.
    public var lastHeard: UInt64?
    /// The decision to take over was made.
    public var decided: UInt64
    /// Xen and libxl had the whole domain ready, paused.
    public var restored: UInt64?
    /// The guest ran.
    public var activated: UInt64?
    /// The first announcement of its addresses was sent.
    public var announced: UInt64?

    /// Begins a record with the decision.
    public init(lastHeard: UInt64?, decided: UInt64) {
        self.lastHeard = lastHeard
        self.decided = decided
    }
}
