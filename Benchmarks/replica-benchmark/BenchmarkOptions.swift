import SystemKit

/// What to measure, as the command line says.
struct BenchmarkOptions {
    /// A command line that does not fit.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Pages of a checkpoint, each number measured by itself.
    ///
    /// The first is what a small guest that does little writes in 200 ms.
    var pages = [610, 8192]
    /// Checkpoints that are measured.
    var runs = 51
    /// A page trace whose pages are taken, or empty.
    var trace = ""
    /// The most pages that are taken of a trace.
    var tracePages = 32_768

    static let usage = "usage: replica-benchmark [--pages N] [--runs N] [--trace FILE [--trace-pages N]]"

    init(_ arguments: [String]) throws(Failure) {
        let names = ["pages", "runs", "trace", "trace-pages"]
        let scan: OptionScan
        do {
            scan = try OptionScan(arguments, options: names.map { OptionScan.Option($0, takesValue: true) })
        } catch { throw Failure(description: Self.usage) }
        guard scan.arguments.isEmpty else { throw Failure(description: Self.usage) }
        if let pages = try Self.number(scan.values["pages"], 1...1 << 20) { self.pages = [pages] }
        if let runs = try Self.number(scan.values["runs"], 1...10_000) { self.runs = runs }
        if let pages = try Self.number(scan.values["trace-pages"], 1...1 << 20) { tracePages = pages }
        trace = scan.values["trace"] ?? ""
    }

    private static func number(_ text: String?, _ range: ClosedRange<Int>) throws(Failure) -> Int? {
        guard let text else { return nil }
        guard let number = Int(text), range.contains(number) else { throw Failure(description: usage) }
        return number
    }
}
