public import ReplicaModel

/// Concludes from the silence of each path whether the peer host is alive.
///
/// A path becomes silent only in ``tick(due:at:)``, which the service calls after it has received everything that was
/// queued, and only when the service itself was in time: a host that stood still has heard nothing, and that says
/// nothing about its peer.
public struct PeerDetector: Equatable, Sendable {
    /// The silence in nanoseconds after which a path counts as silent, of a peer that is in time.
    public let timeout: UInt64
    /// How many nanoseconds longer silence is borne, because the peer said that it is late; at most ``timeout``.
    public private(set) var patience: UInt64 = 0
    /// The conclusion.
    public private(set) var verdict: PeerVerdict = .unknown
    /// The paths that count as silent.
    public private(set) var silent: PathSet
    /// How late the service's own beats were.
    public private(set) var lateness = Lateness()

    /// By how many nanoseconds this host's own beats were late in the last second or two.
    var ownLateness: UInt64 { recent.worst }

    private let all: PathSet
    private var recent: RecentLateness
    private var lastHeard: [MonotonicTime?]
    /// Before it, silence counts on no path.
    private var baseline: MonotonicTime

    /// Makes a detector that heard nothing.
    ///
    /// - Parameters:
    ///   - paths: The number of paths, in `1...HeartbeatLimits.paths`.
    ///   - timeout: The silence after which a path counts as silent.
    ///   - now: The clock.
    public init(paths: Int, timeout: Milliseconds, startedAt now: MonotonicTime) {
        precondition((1...HeartbeatLimits.paths).contains(paths), "a detector watches 1 to 4 paths")
        self.timeout = timeout.nanoseconds
        all = PathSet(rawValue: UInt8((1 << paths) - 1))
        silent = all
        lastHeard = Array(repeating: nil, count: paths)
        baseline = now
        recent = RecentLateness(startedAt: now)
    }

    /// Takes the peer's word on its own lateness into account: who is late is not dead yet.
    ///
    /// It makes the verdict later and never sooner, so that no lease hangs on it (safety rule 2).
    ///
    /// - Parameter nanoseconds: By how much its beats were late; more than ``timeout`` counts as ``timeout``.
    public mutating func bear(peerLateness nanoseconds: UInt64) { patience = min(nanoseconds, timeout) }

    /// Takes a datagram of the peer into account.
    ///
    /// - Parameters:
    ///   - path: The path's index.
    ///   - now: The clock, read after it was received.
    /// - Returns: Whether the verdict changed.
    public mutating func heard(on path: Int, at now: MonotonicTime) -> Bool {
        switch verdict {
        case .unknown, .dead:
            // The peer is back: the other paths get their full time to be heard again.
            baseline = max(baseline, now)
            silent = []
        case .alive, .suspect:
            silent.remove(PathSet(path: path))
        }
        lastHeard[path] = max(lastHeard[path] ?? now, now)
        return conclude(at: now)
    }

    /// Judges the silence of every path, after everything that was queued has been received.
    ///
    /// - Parameters:
    ///   - due: When the beat was due.
    ///   - now: The clock.
    /// - Returns: Whether the verdict changed.
    public mutating func tick(due: MonotonicTime, at now: MonotonicTime) -> Bool {
        let late = now.nanoseconds(since: due)
        lateness.record(late)
        recent.record(late, at: now)
        if late > timeout / 2 {
            lateness.graces += 1
            lateness.graceSince = now
            baseline = now
        }
        if verdict == .unknown { return false }
        for path in lastHeard.indices {
            let since = max(lastHeard[path] ?? baseline, baseline)
            if now.nanoseconds(since: since) >= timeout + patience { silent.insert(PathSet(path: path)) }
        }
        return conclude(at: now)
    }

    private mutating func conclude(at now: MonotonicTime) -> Bool {
        let before = verdict
        if silent.isEmpty {
            verdict = .alive
        } else if silent != all {
            verdict = .suspect(silent: silent)
        } else if case .dead = before {
            return false
        } else {
            verdict = .dead(since: now)
        }
        return verdict != before
    }
}
