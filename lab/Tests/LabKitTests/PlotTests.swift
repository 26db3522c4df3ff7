import Foundation
import Testing

@testable import LabKit

@Suite struct PlotTests {
    @Test func aLinearScaleEndsAtARoundNumber() {
        #expect(Scale(linear: [0, 196]).ticks == [0, 50, 100, 150, 200])
        #expect(Scale(linear: [3]).ticks.last == 3)
        #expect(Scale(linear: []).high >= 1)
        #expect(Scale(linear: [10]).part(2.5) == 0.25)
        #expect(Scale(linear: [10]).part(99) == 1)
    }

    @Test func aLogarithmicScaleTakesWholePowers() {
        let scale = Scale(logarithmic: [0, 9.5, 196])
        #expect(scale.ticks == [1, 10, 100, 1000])
        #expect(abs(scale.part(10) - 1.0 / 3) < 1e-9)
        // What cannot be shown lies at the foot.
        #expect(scale.part(0) == 0)
        #expect(Scale(logarithmic: [10]).ticks == [10, 100])
    }

    @Test func linesGoThroughTheirPoints() {
        let svg = Charts.lines(
            title: "A & B", labels: ("s", "pages"), [.init(name: "<ours>", points: [(0, 0), (10, 100)])])
        #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n"))
        #expect(svg.contains("A &amp; B") && svg.contains("&lt;ours&gt;"))
        // From the lower left to the upper right corner.
        #expect(svg.contains("<polyline points=\"70,330 610,40\" fill=\"none\" stroke=\"#0072b2\""))
    }

    @Test func layersLieOnTopOfEachOther() {
        let svg = Charts.stack(
            title: "t", labels: ("", ""), xs: [0, 10], layers: [("low", [50, 50]), ("high", [50, 50])])
        #expect(svg.contains("70,330 610,330 610,185 70,185"))
        #expect(svg.contains("70,185 610,185 610,40 70,40"))
    }

    @Test func barsLeaveGapsForWhatIsMissing() {
        let bars = { (values: [Double?]) in
            Charts.bars(title: "t", label: "ms", logarithmic: true, groups: ["idle", "pages"], bars: [("x", values)])
                .split(separator: "\n").count { $0.hasPrefix("<polygon") }
        }
        // One polygon is the legend's.
        #expect(bars([1, 10]) == 3)
        #expect(bars([1, nil]) == 2)
    }

    @Test func reportsGiveThePlotsThatTheyHaveFiguresFor() throws {
        let result = { (scenario: String, tables: [String: SampleTable]) throws -> BenchResult in
            let report = RoundReport(
                scenario: scenario, passed: true, seconds: 1, failures: [],
                figures: ["ours_pause_p50_ms": 12, "ours_work_per_s": 50, "unprotected_work_per_s": 100],
                notes: ["load": "idle"], timeline: [], evidence: nil, tables: tables)
            return try JSONDecoder().decode(BenchResult.self, from: JSONEncoder().encode(report))
        }
        #expect(BenchPlots(results: []).plots.isEmpty)
        let epochs = try result("bench-epochs", [:])
        #expect(BenchPlots(results: [epochs]).plots.map(\.name) == ["pauses.svg", "work.svg", "latency.svg"])
        let intervals = SampleTable(
            columns: ["asked_ms", "ours_epochs_per_s", "xl_epochs_per_s", "ours_pause_p50_ms", "xl_pause_p50_ms"],
            rows: [[25, 20, 2, 12, 190], [400, 2.4, 1.5, 12, 190]])
        let columns = [
            "time_s", "dirty_pages", "capture_ms", "resume_ms", "suspend_ms", "encode_ms", "send_ms",
            "acknowledge_ms", "release_ms",
        ]
        let iterations = SampleTable(
            columns: columns, rows: [[1, 600, 5, 1, 40, 1, 9, 9, 1], [2, 700, 5, 1, 40, 1, 9, 9, 1]])
        let names = BenchPlots(results: [
            try result("bench-intervals", ["intervals": intervals]),
            try result("bench-iterations", ["iterations": iterations]),
        ]).plots.map(\.name)
        #expect(
            names == ["intervals.svg", "interval-pauses.svg", "iterations-pages.svg", "iterations-parts.svg"])
    }

    private static let native = """
        {"benchmark": "native", "machine": "2 x M", "runs": 1, "replays": 5, "trace": {}, "results": [],
         "encodings": [
          {"load": "redis", "scheme": "auto", "pages": 200, "sent_to_raw": 0.0135,
           "memcpy": {"best_gb_per_s": 21, "median_gb_per_s": 20, "ns_per_page": 200, "allocations_per_page": 0},
           "encode": {"best_gb_per_s": 7, "median_gb_per_s": 6, "ns_per_page": 600, "allocations_per_page": 0},
           "decode": {"best_gb_per_s": 9, "median_gb_per_s": 8, "ns_per_page": 500, "allocations_per_page": 0},
           "choices": {"same": {"pages": 150, "bytes": 150}, "delta": {"pages": 30, "bytes": 900},
                       "sparse": {"pages": 20, "bytes": 900}}},
          {"load": "redis", "scheme": "none", "pages": 200, "sent_to_raw": 1.002,
           "memcpy": {"best_gb_per_s": 21, "median_gb_per_s": 20, "ns_per_page": 200, "allocations_per_page": 0},
           "choices": {}}]}
        """

    @Test func recordedPagesGiveTablesOfEncoding() throws {
        let report = try JSONDecoder().decode(BenchReport.self, from: Data(Self.native.utf8))
        guard case .native(let native) = report else {
            Issue.record("the report was taken for one of the lab")
            return
        }
        let tables = NativeTables([native])
        let text = BenchTables(results: [], native: tables).markdown
        for row in [
            "| encode, one core, GB/s | redis | 6.00 | 2.5 | 5 | goal |",
            "| encode / memcpy | redis | 0.300 |  | 0.5 | no |",
            "| redis | 0.0135 |  |  | 1.0020 |",
            "| redis | auto | 20.0 | 6.00 | 7.00 | 600 | 0.30 | 8.00 | 500 | 0.000 |",
            "| redis | 200 | 0.0 | 75.0 | 0.0 | 25.0 | 0.0 | 0.0 |",
        ] { #expect(text.contains(row), "\(row)") }
        #expect(tables.plots.map(\.name) == ["encoding.svg"])
        // What is made up says nothing about guests.
        let made = Self.native.replacing("\"trace\": {}, ", with: "")
        let other = try JSONDecoder().decode(NativeReport.self, from: Data(made.utf8))
        #expect(NativeTables([other]).sections.isEmpty && NativeTables([other]).plots.isEmpty)
    }
}
