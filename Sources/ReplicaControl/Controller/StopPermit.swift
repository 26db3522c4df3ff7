// What an orderly stop of the controller must wait for.

internal import Heartbeat
internal import ReplicaModel
internal import ReplicaProtocol

/// Whether a replica may be given up by an orderly stop.
///
/// Replicas do not outlive their controller. One that is complete, of a primary that is silent, may be the last copy of its
/// guest (safety rule 4): a restart for a new configuration must not destroy it.
enum StopPermit {
    /// A heartbeat service that is stopped together with the controller is away so long before it, at most.
    private static let together: Milliseconds = 10_000

    /// What counts as the heartbeat's word during a stop.
    ///
    /// Who restarts both services stops the heartbeat first, and it comes back after the controller only: a wait for its word
    /// would be in vain.
    ///
    /// - Parameters:
    ///   - report: What it says now; `nil` while it is away.
    ///   - last: What it said last.
    ///   - stop: When the stop began, by this host's time.
    /// - Returns: The report to judge by, if there is one.
    static func word(_ report: HeartbeatReport?, last: HeartbeatReport?, stop: MonotonicTime) -> HeartbeatReport? {
        if let report { return report }
        return last.flatMap { $0.time + together >= stop ? $0 : nil }
    }

    /// Whether the replica has to be kept.
    ///
    /// - Parameters:
    ///   - state: Where it stands.
    ///   - report: What the heartbeat service says; without one the primary is not heard.
    /// - Returns: `true` until the primary is heard, or the replica has become the guest or was given up.
    static func keeps(_ state: BackupMachine.State, _ report: HeartbeatReport?) -> Bool {
        switch state {
        case .armed, .withdrawing, .deciding, .activating: report?.peerIsHeard != true
        case .receiving, .active, .discarded: false
        }
    }
}
