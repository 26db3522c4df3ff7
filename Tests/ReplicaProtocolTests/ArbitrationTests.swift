import ReplicaModel
import Testing
import Witness

@testable import ReplicaProtocol

/// How one host becomes the only owner: the policy, the witness, fencing.
@Suite struct ArbitrationTests {
    private func bid(
        _ side: Arbitration.Side, _ policy: OwnershipPolicy, fencing: Bool = false, headStart: Milliseconds = 0,
        fenceDelay: Milliseconds = 0, faults: PlantedFaults = PlantedFaults()
    ) -> Arbitration {
        Arbitration(
            side: side,
            rules: OwnershipRules(
                policy: policy, fencing: fencing, headStart: headStart, fenceDelay: fenceDelay, retryDelay: 1_000),
            hosts: side == .keep ? Samples.primaryHosts : Samples.backupHosts, generation: Samples.generation,
            plantedFaults: faults)
    }

    private func swap(_ side: Arbitration.Side, number: UInt64 = 1) -> Arbitration.Request {
        .askWitness(
            number: number,
            .swap(expected: Samples.enrolled, new: side == .keep ? Samples.kept : Samples.taken))
    }

    /// What a policy does before anybody is asked.
    enum First: Sendable { case granted, refused(ReasonCode), asksWitness, fences }

    static let firsts: [(OwnershipPolicy, Arbitration.Side, Bool, First)] = [
        (.safeByLease, .keep, false, .refused(.ownerUnknown)),
        (.safeByLease, .keep, true, .fences),
        (.safeByLease, .take, false, .granted),
        (.safeByLease, .take, true, .fences),
        (.trustPaths, .keep, false, .granted),
        (.trustPaths, .keep, true, .fences),
        (.trustPaths, .take, false, .granted),
        (.trustPaths, .take, true, .fences),
        (.manual, .keep, false, .granted),
        (.manual, .keep, true, .granted),
        (.manual, .take, false, .refused(.awaitingOperator)),
        (.manual, .take, true, .refused(.awaitingOperator)),
        (.witness, .keep, false, .asksWitness),
        (.witness, .keep, true, .asksWitness),
        (.witness, .take, false, .asksWitness),
        (.witness, .take, true, .asksWitness),
    ]

    @Test(arguments: firsts)
    func eachPolicyHasItsFirstStep(policy: OwnershipPolicy, side: Arbitration.Side, fencing: Bool, first: First) {
        var bid = bid(side, policy, fencing: fencing)
        let requests = bid.advance(at: time(0))
        switch first {
        case .granted:
            #expect(requests == [] && bid.verdict == .granted && bid.canBeDecidedHere)
        case .refused(let reason):
            #expect(requests == [] && bid.verdict == .refused(reason) && !bid.canBeDecidedHere)
        case .asksWitness:
            #expect(requests == [swap(side)] && bid.verdict == .undecided && bid.isAsking)
        case .fences:
            #expect(requests == [.fence(number: 1)] && bid.verdict == .undecided && bid.isAsking)
        }
    }

    /// With one policy on both hosts there is never a yes for both without a third party's word (but for the policies
    /// that give that up, which `docs/ownership.md` says).
    @Test(arguments: [OwnershipPolicy.safeByLease, .manual, .witness])
    func withoutAThirdPartyAtMostOneSideIsGranted(policy: OwnershipPolicy) {
        var keep = bid(.keep, policy)
        var take = bid(.take, policy)
        _ = keep.advance(at: time(0))
        _ = take.advance(at: time(0))
        #expect(!(keep.verdict == .granted && take.verdict == .granted))
    }

    /// Every order in which both questions reach a real ledger, with answers that may be lost and asked for again.
    @Test(arguments: [true, false], [true, false])
    func theWitnessGrantsOneSide(primaryFirst: Bool, answersAreLost: Bool) {
        var ledger = WitnessLedger()
        _ = ledger.swap(Samples.domain, expected: nil, new: Samples.enrolled)
        var bids = [bid(.keep, .witness), bid(.take, .witness)]
        for index in primaryFirst ? [0, 1] : [1, 0] {
            var requests = bids[index].advance(at: time(0))
            if answersAreLost, case .askWitness(let number, let question)? = requests.first {
                _ = ledger.answer(question, domain: Samples.domain)
                _ = bids[index].answered(number, Samples.timedOut, at: time(10))
                requests = bids[index].advance(at: time(1_010))
            }
            guard case .askWitness(let number, let question)? = requests.first else {
                Issue.record("nothing was asked")
                continue
            }
            _ = bids[index].answered(number, ledger.answer(question, domain: Samples.domain), at: time(1_020))
        }
        #expect(bids[primaryFirst ? 0 : 1].verdict == .granted)
        #expect(bids[primaryFirst ? 1 : 0].verdict == .refused(.witnessRefused))
        #expect(bids.allSatisfy { !$0.isAsking })
    }

    // MARK: The witness

    @Test(arguments: [Arbitration.Side.keep, .take])
    func aRefusalIsTheEnd(side: Arbitration.Side) {
        var bid = bid(side, .witness)
        _ = bid.advance(at: time(0))
        _ = bid.answered(1, .refused(side == .keep ? Samples.taken : Samples.kept), at: time(10))
        #expect(bid.verdict == .refused(.witnessRefused) && !bid.isUncertain && !bid.isAsking)
        #expect(bid.advance(at: time(99_000)) == [])
    }

    /// No record, or one of an earlier protection.
    static let forgotten: [WitnessRecord?] = [
        nil, WitnessRecord(owner: "xen1", generation: Generation(rawValue: 4), replica: "xen2"),
        WitnessRecord(owner: "xen2", generation: Generation(rawValue: 4), replica: nil),
    ]

    @Test(arguments: [Arbitration.Side.keep, .take], forgotten)
    func aWitnessThatHasForgottenTheProtectionIsAskedAgain(side: Arbitration.Side, record: WitnessRecord?) {
        var bid = bid(side, .witness)
        _ = bid.advance(at: time(0))
        #expect(bid.answered(1, .refused(record), at: time(10)) == [])
        #expect(bid.verdict == .undecided && bid.trouble == .witnessRecordMissing)
        // The answer shows another record than the swap expected: nothing was granted, and nothing will be.
        #expect(!bid.isAsking && !bid.isUncertain)
        #expect(bid.advance(at: time(1_009)) == [])
        #expect(bid.advance(at: time(1_010)) == [swap(side, number: 2)])
        // It was the wrong one, or came back with what it had.
        _ = bid.answered(2, .granted, at: time(1_020))
        #expect(bid.verdict == .granted)
    }

    @Test(arguments: [
        WitnessAnswer.record(nil), .record(Samples.enrolled), .presence(true), Samples.timedOut, Samples.unreachable,
    ])
    func noOtherAnswerDecides(answer: WitnessAnswer) {
        var bid = bid(.take, .witness)
        _ = bid.advance(at: time(0))
        #expect(bid.answered(1, answer, at: time(10)) == [])
        #expect(bid.verdict == .undecided && bid.trouble == .witnessUnreachable && !bid.isAsking)
        #expect(bid.advance(at: time(1_009)) == [])
        #expect(bid.advance(at: time(1_010)) == [swap(.take, number: 2)])
    }

    @Test func anAnswerToAnEarlierQuestionChangesNothing() {
        var bid = bid(.take, .witness)
        _ = bid.advance(at: time(0))
        _ = bid.answered(1, Samples.timedOut, at: time(10))
        // While nothing is asked, and while the next question is under way.
        #expect(bid.answered(1, .granted, at: time(20)) == [])
        _ = bid.advance(at: time(1_010))
        #expect(bid.answered(1, .granted, at: time(1_020)) == [])
        #expect(bid.answered(1, .refused(nil), at: time(1_030)) == [])
        #expect(bid.verdict == .undecided && bid.isAsking)
        _ = bid.answered(2, .granted, at: time(1_040))
        #expect(bid.verdict == .granted)
    }

    static let failures: [(WitnessFailure.Kind, Bool)] = [
        (.unreachable, false), (.expired, false), (.badConfiguration, false), (.timedOut, true), (.garbage, true),
        (.interrupted, true), (.refusedByServer, true), (.tls, true),
    ]

    @Test(arguments: failures)
    func aQuestionThatMayHaveArrivedMayHaveBeenGranted(kind: WitnessFailure.Kind, isUncertain: Bool) {
        var bid = bid(.take, .witness)
        _ = bid.advance(at: time(0))
        #expect(bid.isUncertain)
        _ = bid.answered(1, .failed(WitnessFailure(kind: kind, text: "")), at: time(10))
        #expect(bid.isUncertain == isUncertain)
        // What became of the second question says nothing of the first one.
        _ = bid.advance(at: time(1_010))
        _ = bid.answered(2, Samples.unreachable, at: time(1_020))
        #expect(bid.isUncertain == isUncertain)
        // A clear no settles both.
        _ = bid.advance(at: time(2_020))
        _ = bid.answered(3, .refused(Samples.kept), at: time(2_030))
        #expect(!bid.isUncertain)
    }

    // MARK: Fencing

    @Test(arguments: [Arbitration.Side.keep, .take])
    func onlyWhomTheWitnessChoseFencesTheOther(side: Arbitration.Side) {
        var bid = bid(side, .witness, fencing: true)
        #expect(bid.advance(at: time(0)) == [swap(side)])
        #expect(bid.answered(1, .granted, at: time(10)) == [.fence(number: 2)])
        #expect(bid.verdict == .undecided)
        // The witness has nothing more to say.
        #expect(bid.answered(2, .granted, at: time(20)) == [])
        #expect(bid.verdict == .undecided)
        bid.fenced(2, true, at: time(30))
        #expect(bid.verdict == .granted)
    }

    @Test func whomTheWitnessRefusedFencesNobody() {
        var bid = bid(.take, .witness, fencing: true)
        _ = bid.advance(at: time(0))
        #expect(bid.answered(1, .refused(Samples.kept), at: time(10)) == [])
        #expect(bid.advance(at: time(99_000)) == [])
    }

    @Test func afterAFailedFencingTheWitnessIsNotAskedAgain() {
        var bid = bid(.take, .witness, fencing: true)
        _ = bid.advance(at: time(0))
        _ = bid.answered(1, .granted, at: time(10))
        bid.fenced(2, false, at: time(20))
        #expect(bid.verdict == .undecided && bid.trouble == .fencingFailed && !bid.isAsking)
        // The witness has this host as the owner, whatever becomes of the fencing.
        #expect(bid.isUncertain)
        #expect(bid.advance(at: time(1_019)) == [])
        #expect(bid.advance(at: time(1_020)) == [.fence(number: 3)])
        // The first try's result is too late.
        bid.fenced(2, true, at: time(1_030))
        #expect(bid.verdict == .undecided)
        bid.fenced(3, true, at: time(1_040))
        #expect(bid.verdict == .granted)
    }

    /// Two hosts that only do not hear each other must not switch each other off.
    @Test(arguments: [OwnershipPolicy.safeByLease, .trustPaths])
    func whoRunsTheDomainFencesFirst(policy: OwnershipPolicy) {
        var keep = bid(.keep, policy, fencing: true, headStart: 500, fenceDelay: 5_000)
        #expect(keep.advance(at: time(0)) == [.fence(number: 1)])
        var take = bid(.take, policy, fencing: true, headStart: 500, fenceDelay: 5_000)
        #expect(take.advance(at: time(0)) == [])
        #expect(take.advance(at: time(4_999)) == [])
        #expect(take.advance(at: time(5_000)) == [.fence(number: 1)])
        // A try that failed quickly is repeated in the same turn, and one for which there is no time in the next but one.
        keep.fenced(1, false, at: time(500))
        #expect(keep.advance(at: time(1_500)) == [.fence(number: 2)])
        keep.fenced(2, false, at: time(3_000))
        #expect(keep.advance(at: time(9_999)) == [])
        #expect(keep.advance(at: time(10_000)) == [.fence(number: 3)])
        keep.fenced(3, false, at: time(10_500))
        #expect(keep.advance(at: time(11_500)) == [.fence(number: 4)])
        take.fenced(1, false, at: time(9_000))
        #expect(take.advance(at: time(14_999)) == [])
        #expect(take.advance(at: time(15_000)) == [.fence(number: 2)])
    }

    /// The next silence has nothing to do with the turns of the one before.
    @Test func aNewBidHasItsOwnTurn() {
        var keep = bid(.keep, .safeByLease, fencing: true, fenceDelay: 5_000)
        #expect(keep.advance(at: time(0)) == [.fence(number: 1)])
        keep.fenced(1, false, at: time(500))
        keep.withdraw()
        #expect(keep.advance(at: time(60_000)) == [.fence(number: 2)])
        keep.fenced(2, false, at: time(63_000))
        #expect(keep.advance(at: time(69_999)) == [])
        #expect(keep.advance(at: time(70_000)) == [.fence(number: 3)])
    }

    @Test func nobodyWaitsForAPeerThatDoesNothingAgainstThisHost() {
        var take = bid(.take, .safeByLease, fencing: true, fenceDelay: 5_000)
        #expect(take.advance(at: time(0), peerRefrains: true) == [.fence(number: 1)])
        // It may still ask the witness.
        var witnessed = bid(.take, .witness, fencing: true, headStart: 500, fenceDelay: 5_000)
        #expect(witnessed.advance(at: time(0), peerRefrains: true) == [])
        #expect(witnessed.advance(at: time(500), peerRefrains: true) == [swap(.take)])
        #expect(witnessed.answered(1, .granted, at: time(510)) == [.fence(number: 2)])
    }

    // MARK: The head start, orders and withdrawals

    @Test func theOwnerIsNotMadeToWait() {
        var keep = bid(.keep, .witness, headStart: 150)
        #expect(keep.advance(at: time(0)) == [swap(.keep)])
        var take = bid(.take, .witness, headStart: 150)
        #expect(take.advance(at: time(0)) == [])
        #expect(!take.isAsking && !take.isUncertain)
        #expect(take.advance(at: time(149)) == [])
        #expect(take.advance(at: time(150)) == [swap(.take)])
    }

    @Test func whereNobodyIsAskedThereIsNoHeadStart() {
        var take = bid(.take, .safeByLease, headStart: 60_000)
        _ = take.advance(at: time(0))
        #expect(take.verdict == .granted)
    }

    @Test(arguments: OwnershipPolicy.allCases)
    func anOrderDecides(policy: OwnershipPolicy) {
        var bid = bid(.take, policy, fencing: true)
        bid.order()
        #expect(bid.verdict == .granted)
        #expect(bid.advance(at: time(99_000)) == [])
    }

    @Test func aBidThatWasWithdrawnBeginsAnew() {
        var bid = bid(.take, .witness, headStart: 150)
        _ = bid.advance(at: time(0))
        bid.withdraw()
        #expect(bid.verdict == .undecided && bid.trouble == nil)
        #expect(bid.advance(at: time(5_000)) == [])
        #expect(bid.advance(at: time(5_149)) == [])
        #expect(bid.advance(at: time(5_150)) == [swap(.take)])
    }

    @Test func aNumberIsUsedOnceAlsoAfterAWithdrawal() {
        var bid = bid(.take, .safeByLease, fencing: true)
        _ = bid.advance(at: time(0))
        bid.fenced(1, false, at: time(10))
        bid.withdraw()
        #expect(bid.advance(at: time(20)) == [.fence(number: 2)])
        bid.fenced(1, true, at: time(30))
        #expect(bid.verdict == .undecided)
    }

    // MARK: Planted faults

    @Test func plantedFaultsOfABidAreFound() {
        var hasty = bid(.take, .witness, faults: PlantedFaults([.anyAnswerWillDo]))
        _ = hasty.advance(at: time(0))
        _ = hasty.answered(7, .granted, at: time(10))
        #expect(hasty.verdict == .granted)

        var careless = bid(.take, .safeByLease, fencing: true, faults: PlantedFaults([.failedFencingWillDo]))
        _ = careless.advance(at: time(0))
        careless.fenced(1, false, at: time(10))
        #expect(careless.verdict == .granted)

        var trigger = bid(
            .take, .safeByLease, fencing: true, fenceDelay: 5_000, faults: PlantedFaults([.noFenceDelay]))
        #expect(trigger.advance(at: time(0)) == [.fence(number: 1)])

        var stubborn = bid(.take, .witness, faults: PlantedFaults([.refusalOverridden]))
        _ = stubborn.advance(at: time(0))
        #expect(
            stubborn.answered(1, .refused(Samples.kept), at: time(10))
                == [.askWitness(number: 1, .swap(expected: Samples.kept, new: Samples.taken))])
    }
}
