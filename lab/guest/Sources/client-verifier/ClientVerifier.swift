internal import ClientChecks
internal import Glibc
internal import GuestSupport

/// Gives a service of the guest one command and prints its answer; see ``ClientChecks/CommandClient``.
///
/// The service is the memory verifier, unless the port says otherwise.
@main
enum ClientVerifier {
    static func main() {
        exit(Program.run(usage: "client-verifier ADDRESS COMMAND [ARGUMENT...] [--port 7001] [--seconds 60]", run))
    }

    nonisolated private static func run() throws -> Int32 {
        let options = try CommandLineOptions(CommandLine.arguments.dropFirst(), valued: ["--port", "--seconds"])
        let words = options.words
        guard let host = words.first, words.count >= 2 else {
            throw CommandLineOptions.UsageError("ADDRESS and a command are wanted")
        }
        let answer = try CommandClient.ask(
            try SocketAddress(option: host, port: try options.number("--port", in: 1...UInt16.max) ?? 7001),
            words.dropFirst().joined(separator: " "),
            duration: try options.duration("--seconds") ?? 60_000_000_000)
        Program.say(answer)
        return answer.hasPrefix("OK ") || answer.hasPrefix("STAT ") ? Program.success : Program.checkFailed
    }
}
