// Puts a protection on record at the witness before its replica can take over.

internal import ReplicaModel
internal import Witness

/// The primary's entry at the witness: owner, generation and the one host that may take over (safety rule 2).
///
/// Without it neither host could win a later bid, so no replica is armed before it stands.
struct Enrolment: Equatable, Sendable {
    private enum Stage: Equatable {
        case idle
        case asking(number: UInt64)
        case waiting(until: MonotonicTime)
        case standing
        case refused(ReasonCode)
    }

    private let hosts: HostPair
    private let wanted: WitnessRecord
    private let retryDelay: Milliseconds
    private var stage: Stage
    private var lastNumber: UInt64 = 0

    /// Makes an entry that was not asked for yet; without a witness there is nothing to ask for.
    init(rules: OwnershipRules, hosts: HostPair, generation: Generation) {
        self.hosts = hosts
        wanted = WitnessRecord(owner: hosts.own, generation: generation, replica: hosts.peer)
        retryDelay = rules.retryDelay
        stage = rules.policy == .witness ? .idle : .standing
    }

    /// Whether a replica may be armed.
    var stands: Bool { stage == .standing }

    /// Why it will never stand; `nil` while it may.
    var refusal: ReasonCode? { if case .refused(let reason) = stage { reason } else { nil } }

    /// Asks what is due.
    mutating func advance(at now: MonotonicTime) -> [Arbitration.Request] {
        switch stage {
        case .idle: return ask(.read)
        case .waiting(let moment): return now >= moment ? ask(.read) : []
        case .asking, .standing, .refused: return []
        }
    }

    /// Takes an answer.
    ///
    /// - Parameters:
    ///   - number: The question's number; another one's answer changes nothing.
    ///   - answer: The answer.
    ///   - peerDisowns: The peer is heard, and claims the domain in no way.
    ///   - now: This host's time.
    /// - Returns: What to ask next.
    mutating func answered(
        _ number: UInt64, _ answer: WitnessAnswer, peerDisowns: Bool, at now: MonotonicTime
    ) -> [Arbitration.Request] {
        guard stage == .asking(number: number) else { return [] }
        switch answer {
        case .record(let current):
            return take(current, peerDisowns: peerDisowns, at: now)
        case .granted:
            stage = .standing
        case .refused, .presence, .failed:
            // Somebody was faster, or nobody knows: look again.
            stage = .waiting(until: now + retryDelay)
        }
        return []
    }

    private mutating func take(
        _ current: WitnessRecord?, peerDisowns: Bool, at now: MonotonicTime
    ) -> [Arbitration.Request] {
        guard let current else { return ask(.swap(expected: nil, new: wanted)) }
        if current == wanted {
            stage = .standing
            return []
        }
        guard current.generation < wanted.generation else {
            stage = .refused(.staleGeneration)
            return []
        }
        guard current.owner != hosts.own else { return ask(.swap(expected: current, new: wanted)) }
        guard current.owner == hosts.peer else {
            stage = .refused(.ownedElsewhere)
            return []
        }
        // The peer owned it once. Only its own word that it does not any more makes the entry void.
        guard peerDisowns else {
            stage = .waiting(until: now + retryDelay)
            return []
        }
        return ask(.swap(expected: current, new: wanted))
    }

    private mutating func ask(_ question: WitnessQuestion) -> [Arbitration.Request] {
        lastNumber += 1
        // The highest bit is set in the numbers of the enrolment only, so that no answer to it is taken for one to a bid.
        stage = .asking(number: Self.number(lastNumber))
        return [.askWitness(number: Self.number(lastNumber), question)]
    }

    private static func number(_ count: UInt64) -> UInt64 { 1 << 63 | count }
}
