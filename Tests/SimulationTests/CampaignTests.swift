import Simulation
import Testing

/// Random runs of the protocol as it is: no rule is broken.
@Suite struct CampaignTests {
    @Test func noRuleIsBroken() {
        let summary = CampaignSummary.ofRuns(1...400)
        #expect(summary.failures == [])
        #expect(summary.runs == 400)
        // The runs are not empty: guests were taken over, and faults struck.
        #expect(summary.takeover.count > 10)
        #expect(summary.faults.count > 20)
    }

    /// A granted backup whose fencing failed gave up the only replica when the primary's host came back without the guest.
    @Test(arguments: [123_070, 132_981] as [UInt64]) func aSeedThatBrokeARuleBreaksNoneAnyMore(seed: UInt64) {
        let outcome = SimulationRun(.drawn(seed: seed)).outcome
        if case .violation(let violation) = outcome { Issue.record("\(violation)") }
    }

    @Test(arguments: [3, 77, 4_711] as [UInt64]) func aSeedTellsTheSameStoryEachTime(seed: UInt64) {
        let first = SimulationRun(.drawn(seed: seed), isTold: true)
        let second = SimulationRun(.drawn(seed: seed), isTold: true)
        #expect(first.timelineText() == second.timelineText())
        #expect(first.outcome == second.outcome)
    }

    @Test func sharesOfARangeComeToTheSameAsTheWhole() {
        var shares = CampaignSummary()
        for first in 1...3 as ClosedRange<UInt64> { shares.merge(.ofRuns(first...30, step: 3)) }
        #expect(shares == CampaignSummary.ofRuns(1...30))
    }
}
