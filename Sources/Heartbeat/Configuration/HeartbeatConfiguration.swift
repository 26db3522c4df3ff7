public import ReplicaModel

/// What the heartbeat service of one host is told; both hosts must have the same interval, misses, lease and margin.
public struct HeartbeatConfiguration: Equatable, Sendable {
    /// This host's name, as the peer's `peerName`.
    public var ownName: String
    /// The peer's name; datagrams of any other host are refused.
    public var peerName: String
    /// The ways between the hosts, 1 to ``HeartbeatLimits/paths``.
    public var paths: [HeartbeatPath]
    /// The time between two datagrams on a path, 10 to 1000 ms.
    public var interval: Milliseconds = 50
    /// How many intervals of silence make a path silent, 3 to 100.
    public var misses: UInt64 = 8
    /// How long the primary may release output after its newest confirmed message; at least three intervals.
    public var lease: Milliseconds = 400
    /// How much longer the backup waits; at least a hundredth of the lease.
    public var driftMargin: Milliseconds = 50
    /// The local socket on which the controller connects.
    public var socketPath = "/run/replicactl/heartbeat.sock"
    /// The file with the key that both hosts share; an absolute path.
    public var keyPath = HeartbeatKeyFile.defaultPath
    /// The `SCHED_FIFO` priority, 1 to 99, with locked memory; `nil` for an ordinary thread.
    public var realtimePriority: Int32? = 50

    /// Makes a configuration with the default timing.
    public init(ownName: String, peerName: String, paths: [HeartbeatPath]) {
        self.ownName = ownName
        self.peerName = peerName
        self.paths = paths
    }

    /// The silence after which a path counts as silent.
    public var timeout: Milliseconds { Milliseconds(rawValue: interval.rawValue * misses) }

    /// The lease's arithmetic.
    public var leaseTerms: LeaseTerms { LeaseTerms(duration: lease, driftMargin: driftMargin) }
}
