/// When the steps of a takeover were done, each in nanoseconds of this host's wall clock since 1970.
public struct TakeoverRecord: Codable, Equatable, Sendable {
    /// The primary was last heard.
    public var lastHeard: UInt64?
    /// The decision to take over was made.
    public var decided: UInt64
    /// The disks were of the memory's epoch and this host's to write; `nil` for a domain without such disks.
    public var disksTaken: UInt64?
    /// Libxl had made the domain whole, from the last committed epoch; its devices may still have had no host ends.
    public var assembled: UInt64?
    /// Xen and libxl had the whole domain ready, paused, with its devices.
    public var restored: UInt64?
    /// The takeover was on record, and nothing stood in the guest's way any more.
    public var recorded: UInt64?
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
