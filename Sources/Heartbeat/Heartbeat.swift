// Heartbeat: tells a dead host from a dead controller from a dead path, and says how long a lease holds.
//
// Decisions (`HeartbeatNode`, `PeerDetector`, `PathMonitor`, `PrimaryLease`, `BackupLease`) are values that take events
// and a time and do no I/O; `HeartbeatService` is the process round them and `HeartbeatClient` the controller's end.

/// The bounds of everything the heartbeat holds (safety rule 6).
public enum HeartbeatLimits {
    /// Domains that one host can speak for in a datagram.
    public static let claims = 32
    /// Paths between the two hosts.
    public static let paths = 4
    /// Bytes of a host's name.
    public static let hostName = 64
    /// Bytes of a path's name.
    public static let pathName = 32
    /// Bytes of a datagram: with its tag it fits an Ethernet frame, over IPv4 and over IPv6 (1452 bytes).
    public static let datagram = 1440
    /// Bytes of a message on the local socket.
    public static let message = 4096
}
