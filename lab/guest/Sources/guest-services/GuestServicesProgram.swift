internal import Glibc
internal import GuestServices
internal import GuestSupport

/// All services of the guest in one program, told apart by the name it is called by.
///
/// Each copy of a static program would cost 7 MB of the guest's 128; several names for one file cost nothing.
@main
enum GuestServicesProgram {
    private static let usages = [
        "guest-counter": "guest-counter [--port N]",
        "guest-verifier": "guest-verifier [--port N] [--region-mib N] [--rate PAGES_PER_SECOND]",
        "guest-disk": "guest-disk [--port N]",
        "guest-database": "guest-database [--port N]",
    ]

    static func main() {
        let name = CommandLine.arguments.first?.split(separator: "/").last.map(String.init) ?? ""
        let usage = usages[name] ?? "call this program by a link named \(usages.keys.sorted().joined(separator: ", "))"
        exit(Program.run(usage: usage) { try run(name) })
    }

    nonisolated private static func run(_ name: String) throws -> Int32 {
        let arguments = CommandLine.arguments.dropFirst()
        switch name {
        case "guest-counter": try runCounter(arguments)
        case "guest-verifier": try runVerifier(arguments)
        case "guest-disk": try runDisk(arguments)
        case "guest-database": try runDatabase(arguments)
        default: throw CommandLineOptions.UsageError("there is no service named \"\(name)\"")
        }
    }

    nonisolated private static func runCounter(_ arguments: ArraySlice<String>) throws -> Never {
        var service = try CounterService(port: try port(arguments) ?? CounterService.defaultPort)
        Program.say("guest-counter: listening on port \(service.port)")
        try service.run()
    }

    nonisolated private static func runVerifier(_ arguments: ArraySlice<String>) throws -> Never {
        let options = try CommandLineOptions(arguments, valued: ["--port", "--region-mib", "--rate"])
        let port = try options.number("--port", in: 0...UInt16.max) ?? VerifierService.defaultPort
        let mebibytes = try options.number("--region-mib", in: 1...65_536) ?? 32
        let rate = try options.number("--rate", in: VerifierService.allowedRates) ?? VerifierService.defaultRate
        let region = try VerifiedRegion(pageCount: mebibytes * 256, seed: Clock.wall())
        var service = try VerifierService(port: port, region: region, rate: rate)
        Program.say("guest-verifier: listening on port \(service.port), \(mebibytes) MiB, \(rate) pages per second")
        try service.run()
    }

    nonisolated private static func runDisk(_ arguments: ArraySlice<String>) throws -> Never {
        var service = try DiskService(port: try port(arguments) ?? DiskService.defaultPort)
        Program.say("guest-disk: listening on port \(service.port)")
        try service.run()
    }

    nonisolated private static func runDatabase(_ arguments: ArraySlice<String>) throws -> Never {
        var service = try DatabaseService(port: try port(arguments) ?? DatabaseService.defaultPort)
        Program.say("guest-database: listening on port \(service.port)")
        try service.run()
    }

    /// The port of a service that has no other option.
    nonisolated private static func port(_ arguments: ArraySlice<String>) throws -> UInt16? {
        try CommandLineOptions(arguments, valued: ["--port"]).number("--port", in: 0...UInt16.max)
    }
}
