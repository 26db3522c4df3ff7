// What an orderly stop of the controller must wait for.

internal import Heartbeat
internal import ReplicaModel
internal import ReplicaProtocol

/// Whether a replica may be given up by an orderly stop.
///
/// Replicas do not outlive their controller. One that is complete, of a primary that is silent, may be the last copy of its
/// guest (safety rule 4): a restart for a new configuration must not destroy it.
enum StopPermit {
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
