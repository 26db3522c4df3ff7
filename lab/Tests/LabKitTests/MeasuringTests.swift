import Testing

@testable import LabKit

@Suite struct MeasuringTests {
    @Test func figuresAreSummedUp() throws {
        #expect(FigureSummary([]) == nil)
        let odd = try #require(FigureSummary([3, 1, 2]))
        #expect((odd.min, odd.median, odd.max) == (1, 2, 3))
        #expect(FigureSummary([4, 1, 2, 3])?.median == 2.5)
    }

    @Test func theTightestRoundTripGivesTheOffset() throws {
        let offset = try #require(
            ClockOffset([
                .init(before: 1000, there: 6100, after: 1400),
                .init(before: 2000, there: 7050, after: 2100),
                .init(before: 3000, there: 9000, after: 4000),
            ]))
        #expect(offset == ClockOffset(nanoseconds: 5000, uncertainty: 50))
        #expect(offset.labTime(ofHost: 7050) == 2050)
        #expect(ClockOffset([]) == nil)
    }

    @Test func clockAnswersAreRead() {
        let line: Substring = "1795167717.042000 1795167718.000001 1795167717.043000"
        #expect(
            ClockOffset.RoundTrip(line: line)
                == .init(
                    before: 1_795_167_717_042_000_000, there: 1_795_167_718_000_001_000,
                    after: 1_795_167_717_043_000_000))
        #expect(ClockOffset.RoundTrip(line: "1795167717.042000  1795167717.043000") == nil)
        #expect(ClockOffset.RoundTrip(line: "1795167717.04 1795167717.04 1795167717.04") == nil)
    }

    @Test func timelineCountsFromItsOrigin() {
        var timeline = Timeline()
        timeline.add("later", at: 3_500_000_000)
        timeline.add("cut", at: 2_000_000_000, isOrigin: true)
        timeline.add("before", at: 1_000_000_000)
        #expect(timeline.lines.map(\.seconds) == [-1, 0, 1.5])
        #expect(timeline.text.hasPrefix("    -1.000 s  before\n    +0.000 s  cut\n"))
        #expect(Timeline().text.isEmpty)
    }

    @Test func memoryTrendIgnoresTheWarmUp() throws {
        let flat = try #require(MemoryTrend([500, 500] + [Double](repeating: 1000, count: 18)))
        #expect(flat.growthPercent == 0)
        let growing = try #require(MemoryTrend((0..<40).map { 1000 + Double($0) * 10 }))
        #expect(growing.growthPercent > 20)
        #expect(MemoryTrend([1, 2, 3]) == nil)
    }

    @Test func seriesSumsUpWhatRoundsHave() {
        let round = { (passed: Bool, figures: [String: Double]) in
            RoundReport(
                scenario: "x", passed: passed, seconds: 1, failures: [], figures: figures, notes: [:], timeline: [],
                evidence: nil)
        }
        let series = SeriesReport(
            scenario: "x", rounds: [round(true, ["a_ms": 1]), round(false, ["a_ms": 3, "b": 2])])
        #expect(!series.passed)
        #expect(series.passedRounds == 1)
        #expect(series.summary["a_ms"] == FigureSummary([1, 3]))
        #expect(series.summary["b"] == FigureSummary([2]))
    }

    @Test func statusTimesAreRead() {
        #expect(ProductStatus.nanoseconds("1970-01-02T00:00:01.250Z") == 86_401_250_000_000)
        #expect(ProductStatus.nanoseconds("yesterday") == nil)
    }

    @Test func clientProgressIsRead() {
        let output = "connected wall_ns=1\nprogress wall_ns=2 lines=10 value=3\nprogress wall_ns=3 lines=42 value=9\n"
        #expect(GuestClient.progress(in: output, .counter) == 42)
        #expect(GuestClient.progress(in: "progress sent=3 answered=2 wrong=0", .session) == 2)
        #expect(GuestClient.progress(in: "", .counter) == 0)
    }

    @Test func checksumIsThatOfTheCastagnoliPolynomial() {
        #expect(ForeignFrame.checksum(Array("123456789".utf8)) == 0xe306_9283)
        #expect(ForeignFrame.welcome(version: 99).count == 48)
    }

    @Test func optionsAreTakenByTheScenariosThatHaveThem() throws {
        let order = try #require(try ScenarioTool.Order(["long-run", "--epochs", "30", "--repeat", "2"]))
        #expect(order.options == ["epochs": 30])
        #expect(order.rounds == 2)
        #expect(throws: LabError.self) { try ScenarioTool.Order(["boot", "--epochs", "30"]) }
        #expect(throws: LabError.self) { try ScenarioTool.Order(["long-run", "--epochs", "0"]) }
    }
}
