// What the peer and the connection say, in the words of this program.

internal import CheckpointStream
internal import ReplicaModel

extension SessionFailure {
    /// The peer's refusal; a reason that this release does not know counts as a plain one.
    init(_ refusal: Refusal) {
        self.init(
            ReasonCode(rawValue: refusal.reason) ?? .peerRefused,
            refusal.hint.isEmpty ? refusal.message : "\(refusal.message); \(refusal.hint)")
    }

    /// The backup's word that its replica is gone; "here" in it is there.
    init(_ lost: Ending) {
        self.init(ReasonCode(rawValue: lost.reason) ?? .restoreFailed, "the backup says: \(lost.text)")
    }

    /// A failure of the connection.
    init(_ error: TransportError) {
        switch error {
        case .unreachable: self.init(.peerUnreachable, error.description)
        case .frame(.wrongVersion): self.init(.protocolVersionMismatch, error.description)
        default: self.init(.connectionLost, error.description)
        }
    }
}

/// Runs a body that uses a connection, and throws its failures as a session's.
func connected<Result>(_ body: () throws(TransportError) -> Result) throws(SessionFailure) -> Result {
    do throws(TransportError) { return try body() } catch { throw SessionFailure(error) }
}
