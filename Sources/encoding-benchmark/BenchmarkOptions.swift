import SystemKit

/// What to measure, as the command line says.
struct BenchmarkOptions {
    /// A command line that does not fit.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Pages of a checkpoint.
    var pages = 8192
    /// Checkpoints that are measured; the median counts.
    var runs = 15
    /// Pages of a batch.
    var batch = 256
    /// As of the encoder.
    var packingThreshold = 512
    /// One load alone, or empty.
    var load = ""

    static let usage =
        "usage: encoding-benchmark [--pages N] [--runs N] [--batch 1..1024] [--packing-threshold BYTES] [--load NAME]"

    init(_ arguments: [String]) throws(Failure) {
        let options = ["pages", "runs", "batch", "packing-threshold", "load"].map { name in
            OptionScan.Option(name, takesValue: true)
        }
        let scan: OptionScan
        do { scan = try OptionScan(arguments, options: options) } catch { throw Failure(description: Self.usage) }
        guard scan.arguments.isEmpty else { throw Failure(description: Self.usage) }
        pages = try Self.number(scan.values["pages"], 1...1 << 20, pages)
        runs = try Self.number(scan.values["runs"], 1...10_000, runs)
        batch = try Self.number(scan.values["batch"], 1...1024, batch)
        packingThreshold = try Self.number(scan.values["packing-threshold"], 0...4096, packingThreshold)
        load = scan.values["load"] ?? ""
        guard load.isEmpty || Load.all.contains(where: { $0.name == load }) else {
            throw Failure(description: "no such load; there are \(Load.all.map(\.name).joined(separator: ", "))")
        }
    }

    private static func number(_ text: String?, _ range: ClosedRange<Int>, _ usual: Int) throws(Failure) -> Int {
        guard let text else { return usual }
        guard let number = Int(text), range.contains(number) else { throw Failure(description: usage) }
        return number
    }
}
