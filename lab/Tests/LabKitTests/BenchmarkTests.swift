import Foundation
import Testing

@testable import LabKit

@Suite struct BenchmarkTests {
    private static let watch = """
        begin monotonic_ns=1000000000 wall_ns=50000000000
        suspended monotonic_ns=1000000000
        running monotonic_ns=1010000000
        suspended monotonic_ns=1200000000
        running monotonic_ns=1215000000
        suspended monotonic_ns=1500000000
        running monotonic_ns=1530000000
        suspended monotonic_ns=2990000000
        end monotonic_ns=3000000000

        """

    @Test func wholePausesAreTakenFromTheWatch() throws {
        let log = try #require(WatchLog(Self.watch))
        // The first was under way when the watch began, the last when it ended.
        #expect(log.pauses == [15, 30])
        #expect(log.seconds == 2)
        #expect(log.epochsPerSecond == 1)
        #expect(abs(log.suspendedShare - 0.0225) < 1e-9)
        #expect(log.firstRun(after: 50_100_000_000) == 50_215_000_000)
        #expect(log.firstRun(after: 51_000_000_000) == nil)
    }

    @Test func whatIsNoReportOfTheMeterIsRefused() {
        #expect(WatchLog("") == nil)
        #expect(WatchLog("replica-meter: No domain alpha on this host") == nil)
        #expect(WatchLog("begin monotonic_ns=5 wall_ns=6\nrunning monotonic_ns=5\n") == nil)
        #expect(FloorLog("round pages=5") == nil)
        #expect(HostUsage("xl: not found") == nil)
    }

    @Test func theFirstRoundOfTheFloorIsLeftOut() throws {
        let line = { (pages: Int, pause: Int) in
            "round pages=\(pages) suspend_us=40000 clean_us=150 filter_us=9 copy_us=\(pause - 3150) context_us=2000"
                + " resume_us=1000 pause_us=\(pause)\n"
        }
        let log = try #require(FloorLog(line(9000, 90_000) + line(600, 8_000) + line(610, 9_000) + line(620, 12_000)))
        #expect(log.rounds.count == 3)
        #expect(log.summary(\.pause)?.median == 9)
        #expect(log.summary(\.pause)?.p99 == 12)
        #expect(log.summary(\.pages)?.median == 610)
        #expect(log.rounds.first?.copy == 4.85)
        #expect(FloorLog(line(9000, 90_000)) == nil)
    }

    @Test func usageIsTheDifferenceOfTwoReadings() throws {
        let reading = { (time: String, sent: Int, control: Double, guest: Double) in
            """
            time \(time)
            sent \(sent)
            Name                                        ID   Mem VCPUs\tState\tTime(s)
            Domain-0                                     0  1024     1     r-----     \(control)
            alpha                                       12   128     1     -b----      \(guest)
            """
        }
        let before = try #require(HostUsage(reading("1700000000.000000", 1000, 300.5, 20.0)))
        let after = try #require(HostUsage(reading("1700000020.000000", 41_000, 310.5, 24.0)))
        #expect(after.percent("Domain-0", since: before) == 50)
        #expect(after.percent("alpha", since: before) == 20)
        #expect(after.percent("beta", since: before) == nil)
        #expect(after.sentPerSecond(since: before) == 2000)
    }

    @Test func percentilesAreOfValuesThatOccurred() throws {
        let summary = try #require(FigureSummary((1...200).map(Double.init)))
        #expect((summary.p90, summary.p99, summary.max) == (180, 198, 200))
        #expect(FigureSummary([7])?.p99 == 7)
    }

    @Test func loadsThatNeedTheirImageGetIt() {
        #expect(!BenchLoad.pages.plan.hasLoads && BenchLoad.pages.plan.memory == 128)
        for load in [BenchLoad.compile, .redis, .postgres] {
            #expect(load.plan.hasLoads && load.plan.memory > 256)
            #expect(Lab.configuration(load.plan, guest: Guest(name: "alpha", number: 50)).contains("initrd-load.img"))
        }
        let order = try? ScenarioTool.Order(["bench-epochs", "--load", "redis", "--transport", "tcp", "--seconds", "9"])
        #expect(order?.choices == ["load": "redis", "transport": "tcp"])
        #expect(order?.options["seconds"] == 9)
    }

    @Test func transactionsAreReadFromTheirLog() {
        // Two connections: ends at 100.5, 100.75 and 102.5 s, after 0.5, 0.5 and 2 s; then a line that was cut off.
        let log = """
            0 1 500000 0 100 500000
            1 1 500000 0 100 750000
            0 2 2000000 0 102 500000
            1 2 1999999 0 102 7
            """
        let report = LatencyProbe.Report(transactions: log)
        #expect(report.answered == 3)
        #expect((report.median, report.p99) == (500_000_000, 2_000_000_000))
        #expect(report.asking == 2_500_000_000)
        #expect(report.answersPerSecond == 1.2)
    }

    @Test(arguments: ["", "0 1 failed 0 100 500000\n"]) func noTransactionAtAllIsAFinding(_ log: String) {
        let report = LatencyProbe.Report(transactions: log)
        #expect((report.answered, report.asking) == (0, 0))
        #expect((report.median, report.p99) == (nil, nil))
        #expect(report.answersPerSecond == 0)
    }

    // MARK: reports

    private static func report(_ scenario: String, _ figures: String) -> String {
        """
        {"scenario": "\(scenario)", "passed": true, "seconds": 9, "failures": [], "figures": {\(figures)},
         "notes": {"load": "pages, 500 a second"}, "timeline": [], "trials": [], "distributions": {},
         "tables": {"t": {"columns": ["a_ms", "b"], "rows": [[1, 2], [3, 4]]}}}
        """
    }

    private static func decode(_ text: String) throws -> BenchResult {
        try JSONDecoder().decode(BenchResult.self, from: Data(text.utf8))
    }

    @Test func oneRoundIsReadAsItWasWritten() throws {
        let result = try Self.decode(Self.report("bench-epochs", "\"ours_pause_p50_ms\": 12.5"))
        #expect(result.runs == 1 && result.load == "pages")
        #expect(result.figures == ["ours_pause_p50_ms": 12.5])
        #expect(result.tables["t"]?["b"] == [2, 4])
        #expect(result.tables["t"]?["c"] == [])
    }

    @Test func ofSeveralRoundsTheMedianCounts() throws {
        let rounds = [3.0, 1.0, 8.0].map { Self.report("bench-epochs", "\"x_ms\": \($0)") }.joined(separator: ",")
        let series = """
            {"scenario": "bench-epochs", "passed": true, "passedRounds": 3, "rounds": [\(rounds)], "summary": {}}
            """
        let result = try Self.decode(series)
        #expect(result.runs == 3)
        #expect(result.figures == ["x_ms": 3])
        #expect(result.notes["load"] == "pages, 500 a second")
    }

    @Test func roundsThatFailedDoNotCount() throws {
        let good = Self.report("bench-epochs", "\"x_ms\": 3")
        let bad = Self.report("bench-epochs", "\"x_ms\": 900").replacing("\"passed\": true", with: "\"passed\": false")
        #expect(try Self.decode(bad).runs == 0)
        let series = "{\"scenario\": \"bench-epochs\", \"passed\": false, \"rounds\": [\(bad), \(good), \(bad)]}"
        let result = try Self.decode(series)
        #expect(result.runs == 1 && result.figures == ["x_ms": 3])
        let lost = "{\"scenario\": \"bench-epochs\", \"passed\": false, \"rounds\": [\(bad)]}"
        #expect(try Self.decode(lost).runs == 0)
    }

    @Test func aRoundThatTheToolWritesCanBePlotted() throws {
        let report = RoundReport(
            scenario: "bench-intervals", passed: true, seconds: 1, failures: [], figures: ["a_ms": 1],
            notes: ["load": "idle"], timeline: [], evidence: nil,
            tables: ["intervals": SampleTable(columns: ["asked_ms"], rows: [[25]])])
        let result = try JSONDecoder().decode(BenchResult.self, from: JSONEncoder().encode(report))
        #expect(result.tables["intervals"]?["asked_ms"] == [25])
        let series = try JSONDecoder().decode(
            BenchResult.self,
            from: JSONEncoder().encode(SeriesReport(scenario: "bench-intervals", rounds: [report, report])))
        #expect(series.runs == 2 && series.tables == result.tables)
    }

    @Test func goalsAreJudged() throws {
        let figures = """
            "pause_ours_to_xl_ratio": 0.1, "pause_ours_to_floor_ratio": 1.1, "epochs_ours_to_xl_ratio": 1.4,
            "ours_pause_p50_ms": 12, "xl_pause_p50_ms": 196, "floor_pause_p50_ms": 9.5
            """
        let text = BenchTables(results: [try Self.decode(Self.report("bench-epochs", figures))]).markdown
        #expect(text.contains("replicactl / xl remus | pages | 0.100 | 0.167 | 0.083 | first step |"))
        #expect(text.contains("replicactl / floor | pages | 1.100 | 2.000 | 1.200 | goal |"))
        #expect(text.contains("epochs a second, replicactl / xl remus | pages | 1.400 | 1.500 | 1.800 | no |"))
        #expect(text.contains("| pause p50 ms | 9.5 | 12 | 196 |"))
        // The table of the report, whole.
        #expect(text.contains("| a ms | b |\n| --- | --- |\n| 1 | 2 |\n| 3 | 4 |"))
    }
}
