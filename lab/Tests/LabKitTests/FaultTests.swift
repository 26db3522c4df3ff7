import Testing

@testable import LabKit

@Suite struct FaultTests {
    private static func draw(_ count: Int, seed: UInt64) -> [String] {
        var deck = FaultDeck(seed: seed)
        return (0..<count).map { _ in deck.draw().name }
    }

    @Test func everyFaultHasItsOwnName() {
        let names = Fault.all.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(names.allSatisfy { $0.wholeMatch(of: /[a-z-]+/) != nil })
    }

    @Test func aSeedDecidesTheOrder() {
        #expect(Self.draw(40, seed: 7) == Self.draw(40, seed: 7))
        #expect(Self.draw(40, seed: 7) != Self.draw(40, seed: 8))
    }

    @Test func noFaultComesTwiceBeforeAllHaveCome() {
        let count = Fault.all.count
        #expect(Set(Self.draw(count, seed: 3)) == Set(Fault.all.map(\.name)))
    }

    @Test func splitMixGivesItsPublishedNumbers() {
        var generator = SplitMix(seed: 1_234_567)
        #expect(generator.next() == 6_457_827_717_110_365_317)
        #expect(generator.next() == 3_203_168_211_198_807_973)
    }

    @Test func ninetyPercentDoNotExceedTheirFigure() {
        #expect(FigureSummary((1...10).map(Double.init))?.p90 == 9)
        #expect(FigureSummary([5])?.p90 == 5)
        #expect(FigureSummary([1, 2, 3])?.p90 == 3)
    }

    @Test func aFaultIsChosenByItsName() throws {
        let order = try #require(try ScenarioTool.Order(["ownership", "--fault", "guest-reboot"]))
        #expect(order.choices == ["fault": "guest-reboot"])
        #expect(try ScenarioTool.Order(["ownership", "--list"])?.isList == true)
        #expect(throws: LabError.self) { try ScenarioTool.Order(["ownership", "--fault", "flood"]) }
        #expect(throws: LabError.self) { try ScenarioTool.Order(["campaign", "--list"]) }
    }

    @Test func stepsOfATakeoverAreReadFromTheEvents() throws {
        let event = { (second: Int, role: String, reason: String, after: String?, takeover: ProductStatus.Takeover?) in
            ProductEvent(
                time: "1970-01-01T00:00:0\(second).000Z", role: role, kind: "decision", reason: reason,
                domain: role == "heartbeat" ? nil : "guest", generation: 2, before: nil, after: after, detail: nil,
                takeover: takeover)
        }
        let takeover = ProductStatus.Takeover(
            lastHeard: nil, decided: 4_200_000_000, disksTaken: nil, assembled: 4_300_000_000, restored: nil,
            recorded: nil, activated: 4_500_000_000, announced: nil)
        let events = [
            event(1, "heartbeat", "peer-dead", nil, nil), event(3, "heartbeat", "peer-dead", nil, nil),
            event(4, "backup", "primary-dead", "activating", nil), event(5, "backup", "activated", "active", takeover),
        ]
        let clock = ClockOffset(nanoseconds: 0, uncertainty: 0)
        let times = FaultTimes(events: events, identity: "guest", clock: clock, began: 2_000_000_000)
        #expect(times.steps.map(\.name) == ["detected", "decided", "assembled", "activated"])
        #expect(times.steps.map(\.time) == [3_000_000_000, 4_200_000_000, 4_300_000_000, 4_500_000_000])
    }
}
