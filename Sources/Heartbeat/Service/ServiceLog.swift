internal import ReplicaModel
internal import SystemKit
internal import Telemetry

/// The sentences that the service logs; each has its reason as a field (safety rule 7).
enum ServiceLog {
    static func verdict(_ verdict: PeerVerdict, peer: String, paths: [HeartbeatPath]) {
        let peerField: LogField = ("REPLICACTL_PEER", peer)
        switch verdict {
        case .unknown: break
        case .alive: Log.notice("peer host is heard on every path", peerField, ("REPLICACTL_REASON", "peer-alive"))
        case .suspect(let silent):
            let names = paths.indices.filter { silent.contains(PathSet(path: $0)) }.map { paths[$0].name }
            Log.warning(
                "peer host is silent on a path and heard on another", peerField,
                ("REPLICACTL_REASON", "path-silent"), ("REPLICACTL_PATHS", names.joined(separator: " ")))
        case .dead:
            Log.warning("peer host is silent on every path", peerField, ("REPLICACTL_REASON", "peer-silent"))
        }
    }

    static func grace(lateBy nanoseconds: UInt64) {
        Log.warning(
            "this host was too late to judge the peer's silence", ("REPLICACTL_REASON", "own-lateness"),
            ("REPLICACTL_LATE_MS", String(nanoseconds / 1_000_000)))
    }

    static func controller(isConnected: Bool) {
        if isConnected {
            Log.info("controller connected", ("REPLICACTL_REASON", "controller-connected"))
        } else {
            Log.warning(
                "controller gone or not reading, its last claims are still sent",
                ("REPLICACTL_REASON", "controller-lost"))
        }
    }

    /// Each start of the peer's service brings some datagrams of an unproven session; only more of them are a sign of
    /// recordings that somebody plays back.
    private static let unprovenWithoutNotice = 63

    /// Logs the first refusal of a kind, and then each time the count has doubled.
    static func refusal(_ reason: DatagramRefusal, count: UInt64, path: String) {
        guard count & (count - 1) == 0, reason != .unprovenSession || count > unprovenWithoutNotice else { return }
        let text: StaticString =
            reason == .authentication ? "datagrams refused: is the key the same on both hosts?" : "datagrams refused"
        Log.warning(
            text, ("REPLICACTL_REASON", "datagram-\(reason)"), ("REPLICACTL_PATH", path),
            ("REPLICACTL_COUNT", String(count)))
    }

    /// Logs that sending on a path began to fail, in another way than before, or works again.
    static func sending(_ error: Int32, path: String) {
        let pathField: LogField = ("REPLICACTL_PATH", path)
        if error == 0 {
            Log.notice("sending on a path works", pathField, ("REPLICACTL_REASON", "path-sending"))
        } else {
            Log.warning(
                "sending on a path fails", pathField, ("REPLICACTL_REASON", "path-not-sending"),
                ("REPLICACTL_ERROR", SystemError(code: error, call: "sendto").description))
        }
    }

    static func notRealtime(_ error: SystemError) {
        Log.warning(
            "beats may be late, the system refuses real-time priority or locked memory",
            ("REPLICACTL_REASON", "not-realtime"), ("REPLICACTL_ERROR", error.description))
    }
}
