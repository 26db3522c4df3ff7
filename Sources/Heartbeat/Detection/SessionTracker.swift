internal import ReplicaModel

/// Knows which session of the peer is the live one, so that no recording of another one counts.
///
/// A tag proves that the peer made a datagram, not when. So another session than the present one counts only once a
/// datagram of it echoes a datagram of this host's present session that was sent after the peer's present session was
/// taken. A service of the peer that had ended by then cannot have heard that one, so no recording of it has the echo;
/// the service that lives has it one round trip after its start.
struct SessionTracker: Sendable {
    enum Judgement: Equatable {
        /// Of the present session.
        case current
        /// Of a new session, with the proof that it is live.
        case proven
        /// Of another session, without that proof.
        case unproven
        /// Of a session that was the present one before.
        case superseded
    }

    private(set) var current: UInt64?
    /// When the present session was taken: what this host sent up to then, an ended session may have heard.
    private var takenAt: MonotonicTime?
    /// The sessions that were replaced, the oldest overwritten first; one that is forgotten is only unproven again.
    private var superseded = [8 of UInt64](repeating: 0)
    private var next = 0

    /// Judges a datagram.
    ///
    /// - Parameters:
    ///   - datagram: A datagram of the peer.
    ///   - ownSession: This host's present session.
    /// - Returns: What its session is.
    func judge(_ datagram: HeartbeatDatagram, ownSession: UInt64) -> Judgement {
        if datagram.session == current { return .current }
        for index in superseded.indices where superseded[index] == datagram.session { return .superseded }
        guard let echo = datagram.echo, echo.session == ownSession else { return .unproven }
        return takenAt.map { echo.sendTime > $0 } ?? true ? .proven : .unproven
    }

    /// Takes a proven session as the present one.
    mutating func begin(_ session: UInt64, at now: MonotonicTime) {
        if let current {
            superseded[next] = current
            next = (next + 1) % superseded.count
        }
        current = session
        takenAt = now
    }
}
