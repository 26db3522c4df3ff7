import ReplicaModel
import SystemKit
import Testing

@testable import ReplicaControl

/// What tests of the backup's receiving thread take from where it posts.
extension Mailbox where Event == ReplicaSession.Event {
    /// The next event that is more than a sign of life.
    ///
    /// - Parameter patience: How long to wait for it.
    /// - Returns: The event, or nil if there is none.
    func nextEvent(within patience: Milliseconds = LoopbackPair.patience) -> ReplicaSession.Event? {
        let deadline = Clock.monotonic + patience.nanoseconds
        while let event = next(before: deadline) {
            switch event {
            case .heard, .arriving: continue
            default: return event
            }
        }
        return nil
    }

    /// The next event, which has to be a staged checkpoint.
    func nextStaged() throws -> StagedCheckpoint {
        let event = try #require(nextEvent())
        guard case .staged(let checkpoint) = event else {
            Issue.record("the stager posted \(event)")
            throw TransportError.closed
        }
        return checkpoint
    }
}
