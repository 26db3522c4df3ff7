internal import Glibc

/// What every program of the package does at its edges: exit codes and messages.
package enum Program {
    /// Exit code: the program ran and everything it checked was right.
    package static let success: Int32 = 0
    /// Exit code: the program ran and found something wrong; its result says what.
    package static let checkFailed: Int32 = 1
    /// Exit code: the command line is wrong.
    package static let badUsage: Int32 = 64
    /// Exit code: the system refused something that the program cannot work without.
    package static let systemFailure: Int32 = 71

    /// Runs `body` and turns what it throws into a message and an exit code.
    package static func run(usage: String, _ body: () throws -> Int32) -> Int32 {
        do {
            return try body()
        } catch let error as CommandLineOptions.UsageError {
            complain("\(error)\nusage: \(usage)")
            return badUsage
        } catch {
            complain("\(error)")
            return systemFailure
        }
    }

    /// Writes one line to standard output, at once.
    package static func say(_ text: String) {
        write(text, to: STDOUT_FILENO)
    }

    /// Writes one line to standard error, at once.
    package static func complain(_ text: String) {
        write(text, to: STDERR_FILENO)
    }

    private static func write(_ text: String, to descriptor: Int32) {
        var line = Array("\(text)\n".utf8)
        while !line.isEmpty {
            let count = Glibc.write(descriptor, line, line.count)
            // A closed or full standard output must not end a measurement.
            guard count > 0 else { return }
            line.removeFirst(count)
        }
    }
}
