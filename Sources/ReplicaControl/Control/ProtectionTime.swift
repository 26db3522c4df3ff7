/// How long a domain ran on this host with a backup and without one.
public struct ProtectionTime: Codable, Equatable, Sendable {
    /// The time without one, in milliseconds: first copies, and everything after a backup was lost or a takeover.
    public var unprotectedMilliseconds: UInt64
    /// The time with one, in milliseconds.
    public var protectedMilliseconds: UInt64
    /// From when it is counted (RFC 3339): the first event of the domain that the event log still holds.
    public var since: String

    /// Makes a record of a time.
    public init(unprotectedMilliseconds: UInt64, protectedMilliseconds: UInt64, since: String) {
        self.unprotectedMilliseconds = unprotectedMilliseconds
        self.protectedMilliseconds = protectedMilliseconds
        self.since = since
    }
}
