import SystemKit

/// What the soak is to do, as its command line says.
struct SoakOptions {
    static let usage =
        "usage: heartbeat-soak [--seconds N] [--kills N] [--megabits N], as root\n"
        + "  --seconds N   how long both services are watched (600)\n"
        + "  --kills N     how often one is killed after that, to measure the detection (20)\n"
        + "  --megabits N  the rate of each of the two links, which are kept full (100)"

    /// How long both services are watched.
    var seconds: UInt64 = 600
    /// How often one is killed.
    var kills = 20
    /// The rate of each link.
    var megabits: UInt64 = 100

    init(_ arguments: [String]) throws(SoakError) {
        let scan: OptionScan
        do {
            scan = try OptionScan(
                arguments, options: ["seconds", "kills", "megabits"].map { OptionScan.Option($0, takesValue: true) })
        } catch {
            switch error {
            case .unknown(let option): throw .usage("the option \"\(option)\" is not known")
            case .missingValue(let option): throw .usage("the option \"\(option)\" needs a value")
            }
        }
        if let argument = scan.arguments.first { throw .usage("\"\(argument)\" is one too many") }
        seconds = try Self.number(scan, "seconds", seconds, 1...86_400)
        kills = Int(try Self.number(scan, "kills", UInt64(kills), 0...1000))
        megabits = try Self.number(scan, "megabits", megabits, 1...10_000)
    }

    private static func number(
        _ scan: OptionScan, _ name: String, _ standard: UInt64, _ range: ClosedRange<UInt64>
    ) throws(SoakError) -> UInt64 {
        guard let text = scan.values[name] else { return standard }
        guard let number = UInt64(text), range.contains(number) else {
            throw .usage("--\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}
