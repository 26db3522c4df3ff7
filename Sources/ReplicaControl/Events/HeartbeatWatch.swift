// Tells from one heartbeat report to the next what an operator would want to read afterwards.

internal import Heartbeat
internal import ReplicaModel

/// The peer's life and this host's cables, as they were last written down.
struct HeartbeatWatch: Sendable {
    private static let away = "away"
    private var verdict = ""
    private var carriers: [String: Bool] = [:]

    /// Compares a report with the one before.
    ///
    /// - Parameter report: What the heartbeat service says; `nil` while it is away.
    /// - Returns: What has changed; nothing when it is as before.
    mutating func observe(_ report: HeartbeatReport?) -> [Decision] {
        guard let report else {
            // Before the first report there is nothing to lose.
            guard !verdict.isEmpty, verdict != Self.away else { return [] }
            return [change(to: Self.away, .heartbeatLost)]
        }
        var changes: [Decision] = []
        switch report.verdict {
        case .unknown: break
        case .alive, .suspect:
            if verdict != "alive" { changes.append(change(to: "alive", .peerAlive)) }
        case .dead:
            if verdict != "dead" { changes.append(change(to: "dead", .peerDead, Self.silence(report))) }
        }
        for path in report.paths {
            if let before = carriers[path.name], before != path.localCarrier { changes.append(carrier(path)) }
            carriers[path.name] = path.localCarrier
        }
        return changes
    }

    private mutating func change(to word: String, _ reason: ReasonCode, _ detail: String = "") -> Decision {
        defer { verdict = word }
        return Decision(role: .heartbeat, reason: reason, before: verdict, after: word, detail: detail)
    }

    private func carrier(_ path: PathReport) -> Decision {
        let words = path.localCarrier ? ("down", "up") : ("up", "down")
        return Decision(
            role: .heartbeat, reason: path.localCarrier ? .carrierBack : .carrierLost, before: words.0, after: words.1,
            detail: "path \(path.name), network \(path.network == .lan ? "lan" : "replication")")
    }

    private static func silence(_ report: HeartbeatReport) -> String {
        guard let heard = report.newestHeard else { return "" }
        return "last heard \(report.time.nanoseconds(since: heard) / 1_000_000) ms before"
    }
}
