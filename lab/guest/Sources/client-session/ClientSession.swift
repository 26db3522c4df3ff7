internal import ClientChecks
internal import Glibc
internal import GuestSupport

/// The client that keeps an SSH session to the guest; see ``ClientChecks/SessionClient``.
@main
enum ClientSession {
    static func main() {
        let usage = "client-session ADDRESS --key FILE --seconds S --json FILE [--user root] [--port 22] [--progress]"
        exit(Program.run(usage: usage, run))
    }

    nonisolated private static func run() throws -> Int32 {
        let options = try CommandLineOptions(
            CommandLine.arguments.dropFirst(), valued: ["--user", "--key", "--seconds", "--json", "--port"],
            flags: ["--progress"])
        let file = try options.required("--json", options.text("--json"))
        var client = SessionClient(
            SessionClient.Options(
                host: try options.onlyWord("ADDRESS"),
                port: try options.number("--port", in: 1...UInt16.max) ?? 22,
                user: options.text("--user") ?? "root", key: try options.required("--key", options.text("--key")),
                duration: try options.required("--seconds", try options.duration("--seconds")),
                showsProgress: options.has("--progress")))
        let (result, isRight) = try client.run()
        try result.write(toFile: file)
        return isRight ? Program.success : Program.checkFailed
    }
}
