// ReplicaBenchmark: how fast the steps of the data path are on one core, against copying the same pages in the same run,
// and what each asks of the heap. No Xen is needed. It is not installed.

import Glibc
import PageTrace

/// The command line of the benchmark.
public enum BenchmarkTool {
    // What the made-up loads go through: enough that one is like another, short enough for a dozen loads.
    private static let madeUpCheckpoints = 4

    /// Measures and prints JSON.
    ///
    /// - Parameter arguments: The command line without the program's name.
    /// - Returns: The exit status: 0, 64 for a wrong command line, 70 for everything else.
    public static func run(_ arguments: [String]) -> Int32 {
        do throws(any Error) {
            let options = try BenchmarkOptions(arguments)
            print(options.trace.isEmpty ? try madeUp(options).json : try recorded(options).json)
            return 0
        } catch let error as BenchmarkOptions.Failure {
            complain("\(error)")
            return 64
        } catch {
            complain("\(error)")
            return 70
        }
    }

    private static func madeUp(_ options: BenchmarkOptions) throws -> BenchmarkReport {
        var report = BenchmarkReport(runs: options.runs, replays: options.replays)
        for pages in options.pages {
            report.add(try DataPath(PageSet(noise: pages), runs: options.runs).measure())
        }
        for load in MadeUpLoad.all {
            let pages = try MadeUpPages(load, pages: options.pages.max() ?? 1, checkpoints: madeUpCheckpoints)
            // Bytes that are not encoded are the same whatever they are.
            try encode(pages, load.name, options.schemes.filter { $0 != .none }, options, &report)
        }
        return report
    }

    private static func recorded(_ options: BenchmarkOptions) throws -> BenchmarkReport {
        var report = BenchmarkReport(runs: options.runs, replays: options.replays)
        let trace = try PageTraceReader(path: options.trace)
        let summary = PageTraceSummary(trace)
        guard summary.pages > 0 else { throw BenchmarkFailure.noCheckpoints(options.trace) }
        report.add(summary)
        report.add(
            try DataPath(
                PageSet(trace, name: options.traceName, atMost: options.tracePages), runs: options.runs
            ).measure())
        try encode(trace, options.traceName, options.schemes, options, &report)
        return report
    }

    private static func encode(
        _ pages: borrowing some PageSequence & ~Copyable, _ load: String, _ schemes: [BenchmarkScheme],
        _ options: BenchmarkOptions, _ report: inout BenchmarkReport
    ) throws {
        for scheme in schemes {
            var path = try EncodedPath(pages, scheme, cacheBytes: options.cacheMebibytes << 20)
            report.add(try path.measure(pages, load: load, times: options.replays))
        }
    }

    private static func complain(_ text: String) {
        var line = "replica-benchmark: \(text)\n"
        line.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
