// disk-exercise: drives the epoch layer on a real kernel and a scratch device, and compares every byte. For tests; not
// installed. Its runs are random and not repeatable, as threads and the kernel take part.

import DiskMirror
import FoundationEssentials
import Glibc
import SystemKit

@main enum Main {
    static func main() { exit(run()) }

    // An ordinary function: closures that are written in main() would be bound to the main actor.
    nonisolated private static func run() -> Int32 {
        let arguments = Array(CommandLine.arguments.dropFirst())
        do {
            if arguments.first == Abandonment.word { try Abandonment.abandon(Array(arguments.dropFirst())) }
            let options = try ExerciseOptions(arguments)
            let report = try Exercise(options: options).run()
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            print(String(decoding: try encoder.encode(report), as: UTF8.self))
            return report.faults.isEmpty ? 0 : 1
        } catch let error as ExerciseError {
            say("disk-exercise: \(error)")
            return error.status
        } catch {
            say("disk-exercise: \(error)")
            return 70
        }
    }
}

/// A line on the standard error output.
func say(_ text: String) {
    var line = text + "\n"
    line.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
}
