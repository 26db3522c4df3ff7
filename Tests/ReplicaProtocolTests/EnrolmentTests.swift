import ReplicaModel
import Testing
import Witness

@testable import ReplicaProtocol

/// How a protection gets on record at the witness before its replica can take over.
@Suite struct EnrolmentTests {
    private static let first: UInt64 = 1 << 63 | 1

    private func enrolment(_ policy: OwnershipPolicy = .witness) -> Enrolment {
        Enrolment(
            rules: OwnershipRules(policy: policy, retryDelay: 1_000), hosts: Samples.primaryHosts,
            generation: Samples.generation)
    }

    private func swap(_ number: UInt64, _ expected: WitnessRecord?) -> [Arbitration.Request] {
        [.askWitness(number: Self.first + number - 1, .swap(expected: expected, new: Samples.enrolled))]
    }

    private func record(_ owner: String, _ generation: UInt64, _ replica: String? = nil) -> WitnessRecord {
        WitnessRecord(owner: owner, generation: Generation(rawValue: generation), replica: replica)
    }

    /// Asks what stands, and answers.
    private func reading(
        _ current: WitnessRecord?, peerDisowns: Bool = false
    ) -> (enrolment: Enrolment, requests: [Arbitration.Request]) {
        var enrolment = enrolment()
        #expect(enrolment.advance(at: time(0)) == [.askWitness(number: Self.first, .read)])
        // Asked once.
        #expect(enrolment.advance(at: time(1)) == [])
        let requests = enrolment.answered(Self.first, .record(current), peerDisowns: peerDisowns, at: time(10))
        return (enrolment, requests)
    }

    @Test(arguments: OwnershipPolicy.allCases.filter { $0 != .witness })
    func withoutAWitnessItStandsAtOnce(policy: OwnershipPolicy) {
        var enrolment = enrolment(policy)
        #expect(enrolment.stands && enrolment.refusal == nil)
        #expect(enrolment.advance(at: time(0)) == [])
    }

    @Test func aDomainThatTheWitnessDoesNotKnowIsEntered() {
        var (enrolment, requests) = reading(nil)
        #expect(requests == swap(2, nil))
        #expect(!enrolment.stands)
        #expect(enrolment.answered(Self.first + 1, .granted, peerDisowns: false, at: time(20)) == [])
        #expect(enrolment.stands)
    }

    @Test func anEntryThatStandsAlreadyIsEnough() {
        let (enrolment, requests) = reading(Samples.enrolled)
        #expect(requests == [] && enrolment.stands)
    }

    @Test(arguments: [("xen1", nil), ("xen1", "xen2")] as [(String, String?)])
    func anOlderEntryOfThisHostIsReplaced(owner: String, replica: String?) {
        let current = record(owner, 4, replica)
        #expect(reading(current).requests == swap(2, current))
    }

    /// An entry of the peer says that it may own the domain; only its own word makes that void.
    @Test func anOlderEntryOfThePeerIsReplacedOnlyByThePeersWord() {
        let current = record("xen2", 4)
        var (waiting, none) = reading(current)
        #expect(none == [] && !waiting.stands && waiting.refusal == nil)
        #expect(waiting.advance(at: time(1_009)) == [])
        #expect(waiting.advance(at: time(1_010)) == [.askWitness(number: Self.first + 1, .read)])
        #expect(
            waiting.answered(Self.first + 1, .record(current), peerDisowns: true, at: time(1_020))
                == swap(3, current))
    }

    @Test func anotherHostsEntryIsNotTouched() {
        var (enrolment, requests) = reading(record("xen9", 4), peerDisowns: true)
        #expect(requests == [] && enrolment.refusal == .ownedElsewhere && !enrolment.stands)
        #expect(enrolment.advance(at: time(99_000)) == [])
    }

    @Test(
        arguments: [
            ("xen2", 5, nil), ("xen2", 6, nil), ("xen1", 5, nil), ("xen1", 6, "xen2"), ("xen9", 7, nil),
        ] as [(String, UInt64, String?)])
    func anEntryThatIsNotOlderIsNotTouched(owner: String, generation: UInt64, replica: String?) {
        let (enrolment, requests) = reading(record(owner, generation, replica), peerDisowns: true)
        #expect(requests == [] && enrolment.refusal == .staleGeneration && !enrolment.stands)
    }

    @Test(arguments: [
        WitnessAnswer.refused(nil), .refused(Samples.taken), .presence(false), Samples.timedOut, Samples.unreachable,
    ])
    func whatIsNotClearIsLookedAtAgain(answer: WitnessAnswer) {
        var (enrolment, _) = reading(nil)
        #expect(enrolment.answered(Self.first + 1, answer, peerDisowns: true, at: time(20)) == [])
        #expect(!enrolment.stands && enrolment.refusal == nil)
        #expect(enrolment.advance(at: time(1_019)) == [])
        #expect(enrolment.advance(at: time(1_020)) == [.askWitness(number: Self.first + 2, .read)])
    }

    @Test func anAnswerToAnotherQuestionChangesNothing() {
        var (enrolment, _) = reading(nil)
        for number in [Self.first, Self.first + 2, 1, 2] {
            #expect(enrolment.answered(number, .granted, peerDisowns: true, at: time(20)) == [])
            #expect(!enrolment.stands)
        }
    }

    /// A bid's numbers begin at 1: an answer to one is never taken for an answer to the other.
    @Test func theNumbersAreNotThoseOfABid() {
        var bid = Arbitration(
            side: .keep, rules: OwnershipRules(policy: .witness), hosts: Samples.primaryHosts,
            generation: Samples.generation)
        _ = bid.advance(at: time(0))
        _ = bid.answered(Self.first, .granted, at: time(1))
        #expect(bid.verdict == .undecided)
    }
}
