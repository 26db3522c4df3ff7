internal import SystemKit

/// What the meter is to do, as its command line says.
enum MeterOptions: Equatable {
    /// Note the changes of a domain's state.
    case watch(domain: String, seconds: UInt64, period: UInt64)
    /// Measure the floor of a checkpoint.
    case floor(domain: String, rounds: UInt64, interval: UInt64)
    /// Record a page trace.
    case trace(domain: String, checkpoints: UInt64, interval: UInt64, output: String, limit: Int)

    static let usage = """
        usage: replica-meter watch DOMAIN --seconds S [--period-us N]
               replica-meter floor DOMAIN --rounds N --interval-ms MS
               replica-meter trace DOMAIN --checkpoints N --interval-ms MS --output FILE [--limit-mib N]
        """

    private static let names = ["seconds", "period-us", "rounds", "interval-ms", "checkpoints", "output", "limit-mib"]

    /// Reads the words after the program's name.
    ///
    /// - Parameter arguments: The words.
    /// - Throws: ``MeterError`` with status 64.
    init(_ arguments: [String]) throws(MeterError) {
        let scan: OptionScan
        do throws(OptionScan.Failure) {
            scan = try OptionScan(arguments, options: Self.names.map { OptionScan.Option($0, takesValue: true) })
        } catch { throw .usage(Self.usage) }
        guard scan.arguments.count == 2 else { throw .usage(Self.usage) }
        let domain = scan.arguments[1]
        func number(_ name: String, _ range: ClosedRange<UInt64>, _ usual: UInt64? = nil) throws(MeterError) -> UInt64 {
            guard let text = scan.values[name] else {
                if let usual { return usual }
                throw .usage("--\(name) is missing\n\(Self.usage)")
            }
            guard let number = UInt64(text), range.contains(number) else {
                throw .usage("--\(name) is a whole number from \(range.lowerBound) to \(range.upperBound): \(text)")
            }
            return number
        }
        switch scan.arguments[0] {
        case "watch":
            self = .watch(
                domain: domain, seconds: try number("seconds", 1...3_600),
                period: try number("period-us", 100...1_000_000, 1_000) * 1_000)
        case "floor":
            self = .floor(
                domain: domain, rounds: try number("rounds", 1...100_000),
                interval: try number("interval-ms", 1...60_000))
        case "trace":
            guard let output = scan.values["output"], !output.isEmpty else { throw .usage("--output is missing") }
            self = .trace(
                domain: domain, checkpoints: try number("checkpoints", 1...100_000),
                interval: try number("interval-ms", 1...60_000), output: output,
                limit: Int(try number("limit-mib", 1...65_536, 512)) << 20)
        default: throw .usage(Self.usage)
        }
    }
}
