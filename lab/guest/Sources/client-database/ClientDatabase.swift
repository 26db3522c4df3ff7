internal import ClientChecks
internal import Glibc
internal import GuestSupport

/// The client of the guest's database; see ``ClientChecks/DatabaseClient``.
@main
enum ClientDatabase {
    static func main() {
        let usage = """
            client-database ADDRESS --seconds S --json FILE [--port 7003] [--patience S] [--progress]
            """
        exit(Program.run(usage: usage, run))
    }

    nonisolated private static func run() throws -> Int32 {
        let options = try CommandLineOptions(
            CommandLine.arguments.dropFirst(), valued: ["--seconds", "--json", "--port", "--patience"],
            flags: ["--progress"])
        let address = try SocketAddress(
            option: try options.onlyWord("ADDRESS"), port: try options.number("--port", in: 1...UInt16.max) ?? 7003)
        let file = try options.required("--json", options.text("--json"))
        var client = DatabaseClient(
            DatabaseClient.Options(
                address: address, duration: try options.required("--seconds", try options.duration("--seconds")),
                patience: try options.duration("--patience") ?? 120_000_000_000,
                showsProgress: options.has("--progress")))
        let (result, isRight) = try client.run()
        try result.write(toFile: file)
        return isRight ? Program.success : Program.checkFailed
    }
}
