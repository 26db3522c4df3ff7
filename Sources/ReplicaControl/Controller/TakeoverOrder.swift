// Whether an operator's order to go on alone is passed on to the session of its domain.

internal import Heartbeat
internal import ReplicaModel
internal import ReplicaProtocol

/// What the controller does with `replicactl takeover`.
enum TakeoverOrder: Equatable {
    /// The session gets the order.
    case order
    /// The session gets the order, and follows it only if the peer, which is heard, has no word on the domain.
    ///
    /// A host that lost the guest in a power cut is heard again and claims nothing: it would never let this host go on.
    case orderUnlessClaimed
    /// The other host could not be heard: nothing is done.
    case heartbeatAway
    /// The other host is heard, and the replica here may be older than what it runs.
    case peerIsHeard

    /// Decides.
    ///
    /// - Parameters:
    ///   - holdsReplica: Whether this host has the replica; else it has the domain itself, with its output held.
    ///   - report: What the heartbeat service says; `nil` while it is away.
    init(holdsReplica: Bool, report: HeartbeatReport?) {
        guard let report else {
            self = .heartbeatAway
            return
        }
        self = !report.peerIsHeard ? .order : holdsReplica ? .peerIsHeard : .orderUnlessClaimed
    }
}
