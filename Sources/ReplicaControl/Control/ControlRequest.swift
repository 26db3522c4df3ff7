/// One request to the controller; the first and only line that a client sends.
public struct ControlRequest: Codable, Equatable, Sendable {
    /// What the controller can be asked for.
    public enum Command: String, Codable, CaseIterable, Sendable {
        /// Protect a running domain; the reply comes when its first checkpoint is acknowledged.
        case protect
        /// End the protection of a domain, which runs on.
        case unprotect
        /// Tell the state of everything.
        case status
        /// Look for everything that stands in the way of protecting a domain; changes nothing.
        case check
        /// Move a protected domain to the peer.
        case switchover
        /// Move a domain back to the host on which it was first protected.
        case failback
        /// Make this host the owner of a domain whose other host is off, on an operator's word.
        case takeover
        /// Change the rhythm of a running protection.
        case tune
        /// Read the configuration file again.
        case reload
    }

    /// What to do.
    public var command: Command
    /// The domain's name, for those commands that concern one.
    public var domain: String?
    /// What ``Command/tune`` asks for.
    public var tuning: Tuning?
    /// The host that is to hold the replica; the configured peer when absent.
    public var to: String?

    /// Makes a request.
    public init(_ command: Command, domain: String? = nil, to: String? = nil, tuning: Tuning? = nil) {
        self.tuning = tuning
        self.command = command
        self.domain = domain
        self.to = to
    }
}
