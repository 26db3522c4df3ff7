internal import Heartbeat
internal import ReplicaModel

/// Tells a peer that is silent from one of which nothing is known yet.
///
/// A heartbeat service that restarted has heard nobody, and says so. After some patience that is silence as well: else a
/// peer that died while the service was away would be waited for without end.
struct SilenceWatch: Equatable, Sendable {
    /// How long nothing may be known before it counts as silence.
    let patience: Milliseconds
    private var unknownSince: MonotonicTime?

    /// Makes a watch that has seen nothing.
    init(patience: Milliseconds) { self.patience = patience }

    /// Takes a report into account.
    mutating func observe(_ report: HeartbeatReport, at now: MonotonicTime) {
        if report.verdict == .unknown { unknownSince = unknownSince ?? now } else { unknownSince = nil }
    }

    /// Whether the peer is silent.
    func isSilent(_ report: HeartbeatReport, at now: MonotonicTime) -> Bool {
        if report.peerIsSilent { return true }
        guard report.verdict == .unknown, let unknownSince else { return false }
        return now >= unknownSince + patience
    }
}
