import ReplicaModel
import Testing

@testable import ReplicaProtocol

/// The policies' names are in files of operators and in the peer's messages.
@Suite struct OwnershipPolicyTests {
    @Test func thePoliciesHaveTheirNames() {
        #expect(OwnershipPolicy.allCases.map(\.rawValue) == ["safe-by-lease", "trust-paths", "manual", "witness"])
        #expect(Reprotection.Mode.allCases.map(\.rawValue) == ["automatic", "delayed", "manual"])
    }

    @Test func withoutAnAgentNobodyIsFenced() {
        let rules = OwnershipRules(policy: .safeByLease)
        #expect(!rules.fencing && rules.headStart == 500 && rules.fenceDelay == 5_000 && rules.retryDelay == 1_000)
    }

    /// Which side may go on alone, after the lease, without an operator and without a third party.
    @Test(
        arguments: [
            (.safeByLease, false, true), (.trustPaths, true, true), (.manual, true, false), (.witness, true, true),
        ] as [(OwnershipPolicy, Bool, Bool)])
    func thePolicySaysWhichHostMayDecide(policy: OwnershipPolicy, primary: Bool, backup: Bool) {
        let rules = OwnershipRules(policy: policy)
        let keep = Arbitration(
            side: .keep, rules: rules, hosts: Samples.primaryHosts, generation: Samples.generation)
        let take = Arbitration(
            side: .take, rules: rules, hosts: Samples.backupHosts, generation: Samples.generation)
        #expect(keep.canBeDecidedHere == primary && take.canBeDecidedHere == backup)
        #expect(rules.askOthers == (policy == .witness))
        // Under the manual policy the agent is not asked.
        #expect(OwnershipRules(policy: policy, fencing: true).askOthers == (policy != .manual))
    }
}
