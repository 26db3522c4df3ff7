import Heartbeat
import ReplicaModel
import Synchronization

/// What one host's service reports: the newest report, and every change of its verdict.
final class Observer: Sendable {
    private struct State {
        var newest: HeartbeatReport?
        var changes: [PeerVerdict] = []
    }

    private let state = Mutex(State())

    func take(_ report: HeartbeatReport) {
        state.withLock { state in
            if let before = state.newest?.verdict, before != report.verdict { state.changes.append(report.verdict) }
            state.newest = report
        }
    }

    /// The service is gone: its last report says nothing about now.
    func lose() { state.withLock { $0.newest = nil } }

    var newest: HeartbeatReport? { state.withLock { $0.newest } }

    /// The changes since the last call.
    func takeChanges() -> [PeerVerdict] {
        state.withLock { state in
            defer { state.changes = [] }
            return state.changes
        }
    }
}
