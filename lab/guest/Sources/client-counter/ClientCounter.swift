internal import ClientChecks
internal import Glibc
internal import GuestSupport

/// The client of the guest's counter; see ``ClientChecks/CounterClient``.
@main
enum ClientCounter {
    static func main() {
        let usage = """
            client-counter ADDRESS --seconds S --json FILE [--port 7000] [--echo] [--shared] [--rate MS] [--progress]
            """
        exit(Program.run(usage: usage, run))
    }

    nonisolated private static func run() throws -> Int32 {
        let options = try CommandLineOptions(
            CommandLine.arguments.dropFirst(), valued: ["--seconds", "--json", "--port", "--rate"],
            flags: ["--echo", "--shared", "--progress"])
        let address = try SocketAddress(
            option: try options.onlyWord("ADDRESS"), port: try options.number("--port", in: 1...UInt16.max) ?? 7000)
        let file = try options.required("--json", options.text("--json"))
        let duration = try options.required("--seconds", try options.duration("--seconds"))
        var client = CounterClient(
            CounterClient.Options(
                address: address, duration: duration, sendsEchoes: options.has("--echo"),
                isShared: options.has("--shared"),
                milliseconds: try options.number("--rate", in: 1...60_000), showsProgress: options.has("--progress")))
        let (result, isRight) = try client.run()
        try result.write(toFile: file)
        return isRight ? Program.success : Program.checkFailed
    }
}
