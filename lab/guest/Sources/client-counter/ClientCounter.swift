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
        let host = try options.onlyWord("ADDRESS")
        let port: UInt16 = try options.number("--port", in: 1...UInt16.max) ?? 7000
        guard let address = SocketAddress(numeric: host, port: port) else {
            throw CommandLineOptions.UsageError("ADDRESS must be a numeric IPv4 or IPv6 address: \(host)")
        }
        let file = try options.required("--json")
        var client = CounterClient(
            CounterClient.Options(
                address: address, duration: try options.duration("--seconds"), sendsEchoes: options.has("--echo"),
                isShared: options.has("--shared"),
                milliseconds: try options.number("--rate", in: 1...60_000), showsProgress: options.has("--progress")))
        let (result, isRight) = try client.run()
        try result.write(toFile: file)
        return isRight ? Program.success : Program.checkFailed
    }
}
