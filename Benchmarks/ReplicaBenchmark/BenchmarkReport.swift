import PageTrace
import SystemKit

/// What one set of pages gave.
struct BenchmarkResult {
    let load: String
    let pages: Int
    let steps: [Step]

    /// One JSON object.
    var json: String {
        let copying = steps.first?.median ?? 0
        let texts = steps.map { $0.json(pages: pages, copying: copying) }
        return "{\"load\": \"\(load)\", \"pages\": \(pages), \(texts.joined(separator: ",\n       "))}"
    }
}

/// The report of all sets as JSON; GB are 10⁹ bytes of the guest, on one core.
struct BenchmarkReport {
    private let runs: Int
    private let replays: Int
    private var results: [BenchmarkResult] = []
    private var encodings: [EncodedResult] = []
    private var summary: PageTraceSummary?

    init(runs: Int, replays: Int) {
        self.runs = runs
        self.replays = replays
    }

    mutating func add(_ result: BenchmarkResult) { results.append(result) }

    mutating func add(_ encoding: EncodedResult) { encodings.append(encoding) }

    mutating func add(_ summary: PageTraceSummary) { self.summary = summary }

    /// The whole report.
    var json: String {
        let lines = results.map { "    \($0.json)" }.joined(separator: ",\n")
        let others = encodings.map { "    \($0.json)" }.joined(separator: ",\n")
        let trace = summary.map { "  \"trace\": {\(Self.text($0))},\n" } ?? ""
        return """
            {
              "benchmark": "native", "machine": "\(Self.machine)", "runs": \(runs), "replays": \(replays),
            \(trace)  "results": [
            \(lines)
              ],
              "encodings": [
            \(others)
              ]
            }
            """
    }

    private static func text(_ summary: PageTraceSummary) -> String {
        let pages = Double(max(1, summary.pages))
        let words = Double(max(1, summary.knownPages)) * Double(PageSet.pageSize / 8)
        return fields([
            ("checkpoints", Double(summary.checkpoints)), ("pages", Double(summary.pages)),
            ("most_pages", Double(summary.mostPages)), ("zero_share", Double(summary.zeroPages) / pages),
            ("unchanged_share", Double(summary.unchangedPages) / pages),
            ("known_share", Double(summary.knownPages) / pages),
            ("changed_words_share", Double(summary.changedWords) / words),
            ("seconds", Double(summary.nanoseconds) / 1e9),
        ])
    }

    static func fields(_ figures: [(String, Double)]) -> String {
        // Four digits behind the point; Swift's own description of them is JSON.
        figures.map { "\"\($0)\": \(($1 * 1e4).rounded() / 1e4)" }.joined(separator: ", ")
    }

    /// The processor's name, as the kernel says it.
    private static var machine: String {
        guard let bytes = try? FileDescriptor.contents(of: "/proc/cpuinfo", atMost: 65_536) else { return "unknown" }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        let name = lines.first { $0.hasPrefix("model name") }?.split(separator: ":").last ?? "unknown"
        let count = lines.count { $0.hasPrefix("processor") }
        return "\(count) x\(name)".replacing("\"", with: "'")
    }
}
