public import ReplicaModel

/// The meaning of every question, over a plain table: the simulator's witness, and what tests compare etcd with.
public struct WitnessLedger: Equatable, Sendable {
    /// What is stored.
    public private(set) var records: [DomainIdentity: WitnessRecord] = [:]
    /// The hosts whose lease is alive; whoever drives the ledger lets them come and go.
    public var presentHosts: Set<String> = []
    private var revisions: [DomainIdentity: UInt64] = [:]

    /// Makes an empty ledger.
    public init() {}

    /// Counts the grants on a domain.
    ///
    /// - Parameter domain: The domain.
    /// - Returns: 0 as long as there is no record.
    public func revision(of domain: DomainIdentity) -> UInt64 { revisions[domain, default: 0] }

    /// Puts the new record in the place of the expected one, if that is what is stored.
    ///
    /// - Parameters:
    ///   - domain: The domain.
    ///   - expected: What must be stored; `nil` for nothing.
    ///   - new: What shall be stored; well-formed.
    ///   - revision: The revision that the asker knew when it sent the question. A question that was delayed beyond a
    ///     later change is void, even if the record is again what it expects: the client compares etcd's revision too.
    ///     `nil` when question and answer are one instant.
    /// - Returns: Granted also when `new` stands already.
    public mutating func swap(
        _ domain: DomainIdentity, expected: WitnessRecord?, new: WitnessRecord, asOf revision: UInt64? = nil
    ) -> SwapResult {
        let current = records[domain]
        let isTimely = revision.map { $0 == self.revision(of: domain) } ?? true
        guard current == new || (current == expected && isTimely) else { return .refused(current: current) }
        records[domain] = new
        revisions[domain, default: 0] += 1
        return .granted
    }

    /// Answers a question at this instant.
    ///
    /// - Parameters:
    ///   - question: The question.
    ///   - domain: The domain that it is about; of no matter for a host's presence.
    ///   - revision: As for ``swap(_:expected:new:asOf:)``.
    /// - Returns: The answer; ``WitnessFailure/Kind/badConfiguration`` for a record that is not well-formed.
    public mutating func answer(
        _ question: WitnessQuestion, domain: DomainIdentity, asOf revision: UInt64? = nil
    ) -> WitnessAnswer {
        switch question {
        case .swap(let expected, let new):
            guard new.isWellFormed, expected?.isWellFormed ?? true else {
                return .failed(WitnessFailure(kind: .badConfiguration, text: "the record is not well-formed"))
            }
            return switch swap(domain, expected: expected, new: new, asOf: revision) {
            case .granted: .granted
            case .refused(let current): .refused(current)
            }
        case .read: return .record(records[domain])
        case .presence(let host): return .presence(presentHosts.contains(host))
        }
    }
}
