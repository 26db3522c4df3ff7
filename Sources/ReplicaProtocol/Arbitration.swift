// How one host becomes the only owner while it does not hear the other: the operator's policy, the witness, fencing.

public import ReplicaModel
public import Witness

/// One host's bid for a domain, from the silence of its peer to a clear yes or no (safety rule 2).
///
/// The steps are always in this order: the witness decides who the owner is, and only the one that it chose may fence the
/// other. A question that was sent and not clearly refused counts as possibly granted until it is answered.
public struct Arbitration: Equatable, Sendable {
    /// What this host wants.
    public enum Side: Equatable, Sendable {
        /// The primary wants to go on alone.
        case keep
        /// The backup wants to take over.
        case take
    }

    /// What has to be asked outside; every number is used once.
    public enum Request: Equatable, Sendable {
        /// Ask the witness about the domain.
        case askWitness(number: UInt64, WitnessQuestion)
        /// Stop the peer with the fencing agent.
        case fence(number: UInt64)
    }

    /// What is known so far.
    public enum Verdict: Equatable, Sendable {
        /// Nothing yet.
        case undecided
        /// This host is the only owner.
        case granted
        /// It is not, and asking again does not help.
        case refused(ReasonCode)
    }

    private enum Step: Equatable { case witness, fence }

    private enum Stage: Equatable {
        case idle
        case waiting(until: MonotonicTime, Step)
        case asking(number: UInt64, Step)
        case decided
    }

    /// The rules; they may be changed between two bids.
    public var rules: OwnershipRules
    /// What is known so far.
    public private(set) var verdict = Verdict.undecided
    /// A swap was asked for that was not clearly refused: the witness may say that this host is the owner, now or later.
    public private(set) var isUncertain = false
    /// Why the last try brought nothing; `nil` when none failed.
    public private(set) var trouble: ReasonCode?

    private let side: Side
    private let expected: WitnessRecord
    private let wanted: WitnessRecord
    private var stage = Stage.idle
    private var lastNumber: UInt64 = 0
    private var wasUncertain = false
    /// When the fencing agent was last asked, and when this host's turn with it began.
    private var fenceAskedAt: MonotonicTime?
    private var turnBeganAt: MonotonicTime?
    private let plantedFaults: PlantedFaults

    /// Makes a bid that has not begun.
    ///
    /// - Parameters:
    ///   - side: What this host wants.
    ///   - rules: The rules.
    ///   - hosts: Who this host and its peer are.
    ///   - generation: The primary's generation, under which the replica was armed.
    ///   - plantedFaults: Bugs that are switched on, in builds that have them.
    public init(
        side: Side, rules: OwnershipRules, hosts: HostPair, generation: Generation,
        plantedFaults: PlantedFaults = PlantedFaults()
    ) {
        self.side = side
        self.rules = rules
        self.plantedFaults = plantedFaults
        switch side {
        case .keep:
            expected = WitnessRecord(owner: hosts.own, generation: generation, replica: hosts.peer)
            wanted = WitnessRecord(owner: hosts.own, generation: generation, replica: nil)
        case .take:
            expected = WitnessRecord(owner: hosts.peer, generation: generation, replica: hosts.own)
            wanted = WitnessRecord(owner: hosts.own, generation: generation.next, replica: nil)
        }
    }

    /// Whether the policy leaves the decision to this host at all; if not, only an operator's order helps.
    public var canBeDecidedHere: Bool {
        switch (rules.policy, side) {
        case (.safeByLease, .keep): rules.fencing
        case (.manual, .take): false
        case (.safeByLease, .take), (.trustPaths, _), (.manual, .keep), (.witness, _): true
        }
    }

    /// Whether something was asked that is not answered yet.
    public var isAsking: Bool { if case .asking = stage { true } else { false } }

    /// Begins the bid, or goes on with it: asks what is due.
    ///
    /// - Parameters:
    ///   - now: This host's time.
    ///   - peerRefrains: The peer said last that no client can reach it, so it does nothing against this host.
    /// - Returns: What to ask outside.
    public mutating func advance(at now: MonotonicTime, peerRefrains: Bool = false) -> [Request] {
        switch stage {
        case .idle:
            guard canBeDecidedHere else {
                verdict = .refused(side == .keep ? .ownerUnknown : .awaitingOperator)
                return []
            }
            verdict = .undecided
            guard let first = firstStep else {
                decide(.granted)
                return []
            }
            let delay = delay(before: first, peerRefrains: peerRefrains)
            guard delay.nanoseconds > 0 else { return ask(first, at: now) }
            stage = .waiting(until: now + delay, first)
            return []
        case .waiting(let moment, let step):
            return now >= moment ? ask(step, at: now) : []
        case .asking, .decided:
            return []
        }
    }

    /// Takes the witness's answer.
    ///
    /// - Parameters:
    ///   - number: The question's number; an answer to an earlier question changes nothing.
    ///   - answer: The answer.
    ///   - now: This host's time.
    /// - Returns: What to ask next.
    public mutating func answered(_ number: UInt64, _ answer: WitnessAnswer, at now: MonotonicTime) -> [Request] {
        guard stage == .asking(number: number, .witness) || plantedFaults.contains(.anyAnswerWillDo) else { return [] }
        switch answer {
        case .granted:
            if canFence { return ask(.fence, at: now) }
            decide(.granted)
        case .refused(let current):
            if let current, plantedFaults.contains(.refusalOverridden) {
                return [.askWitness(number: number, .swap(expected: current, new: wanted))]
            }
            isUncertain = false
            // A witness that knows of nothing as new as this replica is not the one that the pair used (rule 5: no copy of
            // the domain is given up for it).
            guard let current, current.generation >= expected.generation else {
                retry(.witness, .witnessRecordMissing, at: now)
                return []
            }
            decide(.refused(.witnessRefused))
        case .record, .presence:
            retry(.witness, .witnessUnreachable, at: now)
        case .failed(let failure):
            if failure.certainlyNotDone { isUncertain = wasUncertain }
            retry(.witness, .witnessUnreachable, at: now)
        }
        return []
    }

    /// Takes the fencing agent's result.
    ///
    /// - Parameters:
    ///   - number: The request's number.
    ///   - isFenced: Whether the peer is surely stopped.
    ///   - now: This host's time.
    public mutating func fenced(_ number: UInt64, _ isFenced: Bool, at now: MonotonicTime) {
        guard stage == .asking(number: number, .fence) else { return }
        if isFenced || plantedFaults.contains(.failedFencingWillDo) {
            decide(.granted)
        } else {
            retry(.fence, .fencingFailed, at: now)
            awaitTurn(at: now)
        }
    }

    /// Where two hosts may act against each other they do it in turns (safety rule 5): another try belongs to this one only if
    /// it should be over before the other host's begins, judged by twice what the last one took.
    private mutating func awaitTurn(at now: MonotonicTime) {
        guard rules.policy != .witness, let asked = fenceAskedAt, let began = turnBeganAt else { return }
        let next = now + rules.retryDelay
        let took = Milliseconds(rawValue: now.nanoseconds(since: asked) / 1_000_000)
        guard next + took + took >= began + rules.fenceDelay else { return }
        let turn = max(began + rules.fenceDelay + rules.fenceDelay, next)
        turnBeganAt = nil
        stage = .waiting(until: turn, .fence)
    }

    /// An operator orders it, knowing that the peer does not run the domain.
    public mutating func order() { decide(.granted) }

    /// Takes the bid back while nothing is asked; only while it is not ``isUncertain``.
    public mutating func withdraw() {
        stage = .idle
        verdict = .undecided
        trouble = nil
        turnBeganAt = nil
    }

    /// How long the one that does not run the domain waits for the one that does (Pacemaker's `priority-fencing-delay`).
    ///
    /// Two healthy hosts that only do not hear each other would else switch each other off.
    private func delay(before step: Step, peerRefrains: Bool) -> Milliseconds {
        guard side == .take else { return 0 }
        guard step == .fence, !plantedFaults.contains(.noFenceDelay) else { return rules.headStart }
        return peerRefrains ? 0 : rules.fenceDelay
    }

    private var canFence: Bool {
        // Under the manual policy nobody but the operator acts against the peer.
        rules.fencing && rules.policy != .manual
    }

    private var firstStep: Step? { rules.policy == .witness ? .witness : canFence ? .fence : nil }

    private mutating func ask(_ step: Step, at now: MonotonicTime) -> [Request] {
        lastNumber += 1
        stage = .asking(number: lastNumber, step)
        switch step {
        case .witness:
            wasUncertain = isUncertain
            isUncertain = true
            return [.askWitness(number: lastNumber, .swap(expected: expected, new: wanted))]
        case .fence:
            fenceAskedAt = now
            turnBeganAt = turnBeganAt ?? now
            return [.fence(number: lastNumber)]
        }
    }

    private mutating func retry(_ step: Step, _ reason: ReasonCode, at now: MonotonicTime) {
        trouble = reason
        stage = .waiting(until: now + rules.retryDelay, step)
    }

    private mutating func decide(_ new: Verdict) {
        verdict = new
        stage = .decided
    }
}

extension WitnessFailure {
    /// Whether the question surely never reached the witness; then nothing can have been granted, now or later.
    var certainlyNotDone: Bool {
        switch kind {
        case .unreachable, .expired, .badConfiguration: true
        case .interrupted, .timedOut, .garbage, .refusedByServer, .tls: false
        }
    }
}
