public import ReplicaModel

/// The last wait between the backup's decision to take over and its first open output (safety rule 2).
///
/// The heartbeat service echoes datagrams without knowing what the controller decides. One that arrives just as the
/// backup decides, for instance since the network came back at that instant, would renew the primary's lease. So the
/// backup first gives its service claims with ``ClaimRole/activating``, which grant no lease, and waits for a report
/// that confirms them by their serial. Every echo sent before them is of a datagram heard before that report, so its
/// last contact covers it, and the gate counts the lease and the margin from there. Every echo sent after them comes in
/// one datagram with the claim that voids it.
///
/// After a real failure the report comes within a millisecond and its last contact is long ago: the gate opens at once.
public struct ActivationGate: Equatable, Sendable {
    private let serial: UInt64
    private var lease: BackupLease
    private var isConfirmed = false

    /// Makes a gate that is shut.
    ///
    /// - Parameters:
    ///   - lease: The lease as of the decision, with all that was heard.
    ///   - serial: What ``HeartbeatClient/send(claims:)`` returned for the claims with ``ClaimRole/activating``.
    public init(lease: BackupLease, claimsSerial serial: UInt64) {
        self.lease = lease
        self.serial = serial
    }

    /// Takes a report of the heartbeat service into account.
    ///
    /// - Parameter report: The next report.
    public mutating func observe(_ report: HeartbeatReport) {
        guard !isConfirmed, report.claimsSerial >= serial else { return }
        isConfirmed = true
        if let contact = report.lastContact { lease.heard(at: contact) }
    }

    /// Whether the domain's output may be opened here.
    ///
    /// - Parameter now: The clock.
    /// - Returns: `true` when the claims are confirmed and the primary's right has run out.
    public func isOpen(at now: MonotonicTime) -> Bool { isConfirmed && lease.mayActivate(at: now) }
}
