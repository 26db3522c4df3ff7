// Looks, before a replica is armed, whether the witness that this host asks knows of the protection.

internal import ReplicaModel
internal import Witness

/// The backup's look at the primary's entry at the witness (safety rule 5).
///
/// A backup that asks another witness than the primary, or one that was emptied, would find that out when the primary is dead.
struct EnrolmentCheck: Equatable, Sendable {
    private enum Stage: Equatable {
        case idle
        case asking(number: UInt64)
        case waiting(until: MonotonicTime)
        case standing
    }

    private let expected: WitnessRecord
    private let retryDelay: Milliseconds
    private var stage: Stage
    private var lastNumber: UInt64 = 0
    /// Why the last look brought nothing; `nil` when none failed.
    private(set) var trouble: ReasonCode?

    /// Makes a look that was not begun; without a witness there is nothing to look at.
    init(rules: OwnershipRules, hosts: HostPair, generation: Generation) {
        expected = WitnessRecord(owner: hosts.peer, generation: generation, replica: hosts.own)
        retryDelay = rules.retryDelay
        stage = rules.policy == .witness ? .idle : .standing
    }

    /// Whether the first checkpoint may be acknowledged.
    var stands: Bool { stage == .standing }

    /// Asks what is due.
    mutating func advance(at now: MonotonicTime) -> [Arbitration.Request] {
        switch stage {
        case .asking, .standing: return []
        case .waiting(let moment) where now < moment: return []
        case .idle, .waiting: break
        }
        lastNumber += 1
        stage = .asking(number: Self.number(lastNumber))
        return [.askWitness(number: Self.number(lastNumber), .read)]
    }

    /// Takes an answer.
    ///
    /// - Parameters:
    ///   - number: The question's number; another one's answer changes nothing.
    ///   - answer: The answer.
    ///   - now: This host's time.
    mutating func answered(_ number: UInt64, _ answer: WitnessAnswer, at now: MonotonicTime) {
        guard stage == .asking(number: number) else { return }
        guard case .record(let current) = answer else {
            trouble = .witnessUnreachable
            return stage = .waiting(until: now + retryDelay)
        }
        guard current == expected else {
            // The primary may not have made its entry yet.
            trouble = .witnessRecordMissing
            return stage = .waiting(until: now + retryDelay)
        }
        trouble = nil
        stage = .standing
    }

    // This bit is set in the numbers of this look only, so that no answer to it is taken for one to a bid.
    private static func number(_ count: UInt64) -> UInt64 { 1 << 62 | count }
}
