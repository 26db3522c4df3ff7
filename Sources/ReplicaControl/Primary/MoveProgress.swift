// How far a move is that an operator asked for.

internal import ReplicaModel
internal import ReplicaProtocol

/// What the command that waits for a switchover is told.
enum MoveProgress: Equatable, Sendable {
    /// The session has not looked at the request yet.
    case asked
    /// The last checkpoint is on its way, or the peer has the domain.
    case underWay
    /// The domain stays here, protected as before.
    case abandoned(ReasonCode)

    /// What it is after a change of the session's state.
    ///
    /// - Parameters:
    ///   - state: The session's state.
    ///   - canSwitchOver: Whether a new switchover could begin: then none is under way.
    ///   - reason: What would have kept the domain here.
    /// - Returns: The progress; a move that was given up stays so.
    func after(_ state: PrimaryMachine.State, canSwitchOver: Bool, reason: ReasonCode) -> MoveProgress {
        switch self {
        case .asked, .abandoned: self
        case .underWay: state == .protecting && canSwitchOver ? .abandoned(reason) : self
        }
    }
}
