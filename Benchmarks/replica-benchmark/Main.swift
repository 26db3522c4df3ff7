// replica-benchmark: how fast the steps of the data path are on one core, against copying the same pages in the same run,
// and what each asks of the heap. No Xen is needed. Prints JSON. Not installed.

import Glibc
import PageTrace

@main enum Main {
    static func main() { exit(run()) }

    // An ordinary function: closures that are written in main() would be bound to the main actor.
    nonisolated private static func run() -> Int32 {
        do throws(any Error) {
            let options = try BenchmarkOptions(Array(CommandLine.arguments.dropFirst()))
            var report = BenchmarkReport(runs: options.runs)
            if options.trace.isEmpty {
                for pages in options.pages {
                    report.add(try DataPath(PageSet(noise: pages), runs: options.runs).measure())
                }
            } else {
                let trace = try PageTraceReader(path: options.trace)
                report.add(PageTraceSummary(trace))
                report.add(try DataPath(PageSet(trace, atMost: options.tracePages), runs: options.runs).measure())
            }
            print(report.json)
            return 0
        } catch let error as BenchmarkOptions.Failure {
            complain("\(error)")
            return 64
        } catch {
            complain("\(error)")
            return 70
        }
    }

    nonisolated private static func complain(_ text: String) {
        var line = "replica-benchmark: \(text)\n"
        line.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
