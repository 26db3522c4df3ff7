public import Heartbeat
public import ReplicaModel

/// Decides when a domain that runs without a replica gets one again.
public struct Reprotection: Equatable, Sendable {
    /// The operator's choice.
    public enum Mode: String, CaseIterable, Equatable, Sendable {
        /// As soon as the peer is there.
        case automatic = "automatic"
        /// When the peer was there without a break for the delay.
        case delayed = "delayed"
        /// Only by `replicactl protect`.
        case manual = "manual"
    }

    /// The wait before the second try; each is twice the one before.
    private static let shortestPause: Milliseconds = 2_000
    /// The longest wait between two tries.
    private static let longestPause: Milliseconds = 60_000

    private var peerIsThereSince: MonotonicTime?
    private var pause = Self.shortestPause
    private var notBefore: MonotonicTime?
    private var coveredSince: MonotonicTime?

    /// Makes a decision that has seen nothing.
    public init() {}

    /// Looks at the peer.
    ///
    /// - Parameters:
    ///   - report: What the heartbeat service says; `nil` while it is away.
    ///   - mode: The operator's choice.
    ///   - delay: How long the peer must have been there, with ``Mode/delayed``.
    ///   - now: This host's time.
    /// - Returns: Whether to try now; then ``tried(at:)`` is to be called.
    public mutating func isDue(
        _ report: HeartbeatReport?, mode: Mode, delay: Milliseconds, at now: MonotonicTime
    ) -> Bool {
        guard let report, report.peerSpeaksForItself, !report.peerShuttingDown else {
            peerIsThereSince = nil
            return false
        }
        let since = peerIsThereSince ?? now
        peerIsThereSince = since
        guard notBefore.map({ now >= $0 }) ?? true else { return false }
        switch mode {
        case .automatic: return true
        case .delayed: return now >= since + delay
        case .manual: return false
        }
    }

    /// Whether the replica that the last try brought has been there for so long that its loss would be a new one, so that the
    /// pauses begin anew: else a guest that cannot be protected for long is copied again and again.
    ///
    /// It is asked while a replica covers the domain, and counts from the first time: how long the copy took says nothing.
    ///
    /// - Parameter now: This host's time.
    /// - Returns: Whether the decision can be forgotten.
    public mutating func isOver(at now: MonotonicTime) -> Bool {
        let since = coveredSince ?? now
        coveredSince = since
        return now >= since + Self.longestPause
    }

    /// A try was begun: the next one comes later, and each time later still.
    ///
    /// - Parameter now: This host's time.
    public mutating func tried(at now: MonotonicTime) {
        notBefore = now + pause
        coveredSince = nil
        pause = min(Milliseconds(rawValue: 2 * pause.rawValue), Self.longestPause)
    }
}
