import Simulation
import TestSupport
import Testing

/// What both hosts do in the scenarios that are always there, told in full and compared word for word.
///
/// A change of a decision shows as a change of a file. `UPDATE_GOLDEN=1` in the environment writes the files anew.
@Suite struct GoldenScenarioTests {
    @Test(arguments: NamedScenarios.names) func theScenarioGoesAsWritten(name: String) throws {
        let text = try #require(NamedScenarios.text(of: name))
        let run = SimulationRun(try RunSetup(scenario: text), isTold: true)
        try Repository.expect(
            text + "\n\n" + run.timelineText() + run.verdict + "\n",
            equals: "Tests/SimulationTests/Golden/\(name).timeline")
    }

    @Test(arguments: NamedScenarios.names) func onlyTheTrustingPolicyBreaksARule(name: String) throws {
        let text = try #require(NamedScenarios.text(of: name))
        let run = SimulationRun(try RunSetup(scenario: text))
        #expect((run.violation != nil) == (name == "partition-trusted"))
    }

    @Test(arguments: [
        "polcy witness", "policy sometimes", "fencing perhaps", "at 5s", "at soon power-cut", "at 5s meteor",
        "at 5s power-cut xen3", "at 5s power-cut xen1 for", "at 5s power-cut xen1 for 3s and more", "until 700s",
        "until -1s", "until nans", "seed x",
    ])
    func aLineThatCannotBeReadIsNamed(line: String) {
        #expect { try RunSetup(scenario: "policy manual\n\(line)\n") } throws: { ($0 as? ScenarioFault)?.line == 2 }
    }

    @Test func aScenarioHasABound() {
        let text = String(repeating: "at 1s freeze for 1s\n", count: 65)
        #expect { try RunSetup(scenario: text) } throws: { ($0 as? ScenarioFault)?.line == 65 }
    }
}
