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
    /// Sessions over which encoding is measured.
    var replays = 5
    /// The page cache, as of `encoding.cache_mib`.
    var cacheMebibytes = 64
    /// The ways of encoding that are measured.
    var schemes = BenchmarkScheme.allCases
    /// A page trace whose pages are taken, or empty.
    var trace = ""
    /// The most pages that are taken of a trace where it is not replayed.
    var tracePages = 32_768

    static let usage =
        "usage: replica-benchmark [--pages N] [--runs N] [--replays N] [--cache-mib N] [--scheme NAME] "
        + "[--trace FILE [--trace-pages N]]"

    init(_ arguments: [String]) throws(Failure) {
        let names = ["pages", "runs", "replays", "cache-mib", "scheme", "trace", "trace-pages"]
        let scan: OptionScan
        do {
            scan = try OptionScan(arguments, options: names.map { OptionScan.Option($0, takesValue: true) })
        } catch { throw Failure(description: Self.usage) }
        guard scan.arguments.isEmpty else { throw Failure(description: Self.usage) }
        if let pages = try Self.number(scan.values["pages"], 1...1 << 20) { self.pages = [pages] }
        if let runs = try Self.number(scan.values["runs"], 1...10_000) { self.runs = runs }
        if let replays = try Self.number(scan.values["replays"], 1...10_000) { self.replays = replays }
        if let mebibytes = try Self.number(scan.values["cache-mib"], 0...1 << 20) { cacheMebibytes = mebibytes }
        if let pages = try Self.number(scan.values["trace-pages"], 1...1 << 20) { tracePages = pages }
        if let name = scan.values["scheme"] {
            guard let scheme = BenchmarkScheme(rawValue: name) else {
                let names = BenchmarkScheme.allCases.map(\.rawValue).joined(separator: ", ")
                throw Failure(description: "no such scheme: \(name); there are \(names)")
            }
            schemes = [scheme]
        }
        trace = scan.values["trace"] ?? ""
    }

    /// The trace's name: the file's, without what it lies in and its ending.
    var traceName: String {
        let file = trace.split(separator: "/").last ?? ""
        return String(file.hasSuffix(".trace") ? file.dropLast(".trace".count) : file)
    }

    private static func number(_ text: String?, _ range: ClosedRange<Int>) throws(Failure) -> Int? {
        guard let text else { return nil }
        guard let number = Int(text), range.contains(number) else { throw Failure(description: usage) }
        return number
    }
}
