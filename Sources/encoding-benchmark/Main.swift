// encoding-benchmark: how fast pages are encoded and decoded on one core, against copying the same pages in the same run.
// Prints JSON. Not installed.

import Glibc
import PageEncoding

@main enum Main {
    static func main() { exit(run()) }

    // An ordinary function: closures that are written in main() would be bound to the main actor.
    nonisolated private static func run() -> Int32 {
        do {
            let options = try BenchmarkOptions(Array(CommandLine.arguments.dropFirst()))
            var report = BenchmarkReport(options)
            for load in Load.all where options.load.isEmpty || options.load == load.name {
                report.add(try Benchmark(load, options).run())
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
        var line = "encoding-benchmark: \(text)\n"
        line.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
