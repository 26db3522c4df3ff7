internal import ReplicaModel
internal import Synchronization
internal import SystemKit

/// The status that the service's threads write and others read.
final class StatusBoard: Sendable {
    private let state = Mutex(WitnessStatus())

    var status: WitnessStatus { state.withLock { $0 } }

    /// Takes note of a question that was asked, with the round trip of its answer.
    func note(_ answer: WitnessAnswer, _ trace: WitnessClient.Trace?) {
        let now = MonotonicTime(nanoseconds: Clock.monotonic)
        state.withLock { status in
            status.questions += 1
            switch answer {
            case .granted: status.grants += 1
            case .refused: status.refusals += 1
            case .record, .presence: break
            case .failed(let failure):
                status.failures += 1
                // The witness has nothing to do with a question that did not get as far as to it.
                guard failure.kind != .expired, failure.kind != .badConfiguration else { return }
                return status.noteFailure(failure, at: now)
            }
            status.noteSuccess(endpoint: trace?.endpoint, roundTrip: trace?.roundTrip, at: now)
        }
    }

    /// Takes note of an attempt to keep this host present; `nil` for one that worked.
    func notePresence(_ failure: WitnessFailure?, _ trace: WitnessClient.Trace?) {
        let now = MonotonicTime(nanoseconds: Clock.monotonic)
        state.withLock { status in
            status.isPresent = failure == nil
            if let failure {
                status.noteFailure(failure, at: now)
            } else {
                status.noteSuccess(endpoint: trace?.endpoint, roundTrip: trace?.roundTrip, at: now)
            }
        }
    }
}
