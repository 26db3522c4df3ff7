/// What a host says about one domain.
public enum ClaimRole: UInt8, Sendable, CaseIterable {
    /// The primary sends the first copy; output is open.
    case seeding = 1
    /// The primary holds output for each epoch until it is acknowledged.
    case protecting = 2
    /// The primary stopped releasing output and asks the backup to disarm.
    case holding = 3
    /// The primary runs the guest with its output open and without a backup.
    case unprotected = 4
    /// The backup stages a replica that may not take over.
    case receiving = 5
    /// The backup may take over when the lease has run out.
    case armed = 6
    /// The backup gave its replica up.
    case disarmed = 7
    /// The backup takes over: it grants no lease from now on.
    case activating = 8
    /// The backup became the owner.
    case active = 9
    /// The primary handed the domain over.
    case surrendered = 10

    /// Whether an echo that comes with this claim renews the primary's lease (safety rule 2).
    public var grantsLease: Bool { self == .receiving || self == .armed }
}
