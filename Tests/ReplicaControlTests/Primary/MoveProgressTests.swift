import ReplicaModel
import ReplicaProtocol
import Testing

@testable import ReplicaControl

/// A command that waits for a move hears when it was given up.
@Suite struct MoveProgressTests {
    @Test func aMoveIsGivenUpWhenTheProtectionGoesOnAsBefore() {
        let move = MoveProgress.underWay
        #expect(
            move.after(.protecting, canSwitchOver: true, reason: .storageFailed) == .abandoned(.storageFailed))
    }

    @Test func aMoveGoesOnWhileTheLastCheckpointIsOnItsWay() {
        let move = MoveProgress.underWay
        #expect(move.after(.protecting, canSwitchOver: false, reason: .busy) == .underWay)
        for state in [
            PrimaryMachine.State.holding(.leaseExpired), .surrendering(.switchover), .surrendered(.switchover),
            .standingDown(.peerTookOver),
        ] {
            #expect(move.after(state, canSwitchOver: false, reason: .busy) == .underWay)
        }
    }

    /// The protection that is there before the request was looked at says nothing of it.
    @Test func aRequestThatWasNotLookedAtIsNotGivenUp() {
        #expect(MoveProgress.asked.after(.protecting, canSwitchOver: true, reason: .busy) == .asked)
    }

    @Test func whatWasGivenUpStaysSo() {
        let move = MoveProgress.abandoned(.storageFailed)
        #expect(move.after(.protecting, canSwitchOver: true, reason: .busy) == move)
    }
}
