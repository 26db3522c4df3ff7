import Glibc
import ReplicaBenchmark

@main enum Main {
    static func main() { exit(run()) }

    // An ordinary function: closures that are written in main() would be bound to the main actor.
    nonisolated private static func run() -> Int32 { BenchmarkTool.run(Array(CommandLine.arguments.dropFirst())) }
}
