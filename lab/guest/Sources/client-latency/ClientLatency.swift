internal import ClientChecks
internal import Glibc
internal import GuestSupport

/// The client that measures how long the guest's answers take; see ``ClientChecks/LatencyClient``.
@main
enum ClientLatency {
    static func main() {
        let loads = LatencyLoad.allCases.map(\.rawValue).joined(separator: "|")
        let usage = """
            client-latency ADDRESS --seconds S --json FILE [--load \(loads)] [--period-ms MS] [--outstanding N]
            """
        exit(Program.run(usage: usage, run))
    }

    nonisolated private static func run() throws -> Int32 {
        let options = try CommandLineOptions(
            CommandLine.arguments.dropFirst(),
            valued: ["--seconds", "--json", "--load", "--period-ms", "--outstanding", "--port"])
        let word = options.text("--load") ?? LatencyLoad.echo.rawValue
        guard let load = LatencyLoad(rawValue: word) else {
            throw CommandLineOptions.UsageError("there is no load \(word)")
        }
        let address = try SocketAddress(
            option: try options.onlyWord("ADDRESS"),
            port: try options.number("--port", in: 1...UInt16.max) ?? load.port)
        let file = try options.required("--json", options.text("--json"))
        var client = LatencyClient(
            LatencyClient.Options(
                load: load, address: address,
                duration: try options.required("--seconds", try options.duration("--seconds")),
                period: (try options.number("--period-ms", in: 0...60_000) ?? 50) * 1_000_000,
                outstanding: try options.number("--outstanding", in: 1...1_000) ?? 1_000))
        let (result, isRight) = try client.run()
        try result.write(toFile: file)
        return isRight ? Program.success : Program.checkFailed
    }
}
