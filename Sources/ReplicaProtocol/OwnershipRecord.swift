public import ReplicaModel

/// What this host must not forget about one domain over a restart of the controller or of the host.
///
/// The generation is on disk before the host acts under it (safety rule 2).
public struct OwnershipRecord: Codable, Equatable, Sendable {
    /// What this host last was for the domain.
    public enum Role: String, Codable, Sendable {
        /// Runs the domain and replicates it.
        case primary
        /// Holds, or held, a replica.
        case backup
        /// Runs the domain without a replica.
        case owner
        /// Decided to take the domain over; it has not run here under this generation.
        case successor
        /// Captured the last checkpoint and hands the domain to the peer.
        case surrendered
        /// Gave the domain up to the peer.
        case former
    }

    /// The layout of the file.
    public static let currentVersion = 2

    /// The layout this record was written in.
    public var version = Self.currentVersion
    /// The domain, as its UUID.
    public var domain: String
    /// The domain's name when the record was written.
    public var name: String
    /// The newest generation this host accepted or acted under.
    public var generation: UInt64
    /// What this host was for the domain.
    public var role: Role
    /// Why it became that.
    public var reason: ReasonCode
    /// When it became that, in nanoseconds of this host's wall clock since 1970.
    public var since: UInt64
    /// The boot of this host during which it was written: a domain of an earlier boot is gone.
    public var boot: String
    /// Whether the operator wants the domain to be protected, so that it gets a new replica by itself.
    public var isProtectionWanted: Bool
    /// The host on which the domain was first protected: where a failback takes it.
    public var home: String

    /// Makes a record in the current layout.
    ///
    /// - Parameters:
    ///   - domain: The domain.
    ///   - name: Its name.
    ///   - generation: The newest generation.
    ///   - role: What this host is for it now.
    ///   - reason: Why.
    ///   - since: Now, in nanoseconds of the wall clock.
    ///   - boot: The kernel's identifier of this boot.
    ///   - isProtectionWanted: Whether the domain is to be protected whenever that can be done.
    ///   - home: The host on which it was first protected.
    public init(
        domain: DomainIdentity, name: String, generation: Generation, role: Role, reason: ReasonCode, since: UInt64,
        boot: String, isProtectionWanted: Bool, home: String
    ) {
        self.domain = domain.description
        self.name = name
        self.generation = generation.rawValue
        self.role = role
        self.reason = reason
        self.since = since
        self.boot = boot
        self.isProtectionWanted = isProtectionWanted
        self.home = home
    }
}
