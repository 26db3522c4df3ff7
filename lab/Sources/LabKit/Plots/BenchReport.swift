import Foundation

/// A file that can be plotted.
enum BenchReport: Decodable {
    /// Of `lab/run ... --json`.
    case lab(BenchResult)
    /// Of `replica-benchmark`.
    case native(NativeReport)

    private enum CodingKeys: String, CodingKey { case benchmark }

    init(from decoder: any Decoder) throws {
        let isNative = try decoder.container(keyedBy: CodingKeys.self).contains(.benchmark)
        self = isNative ? .native(try NativeReport(from: decoder)) : .lab(try BenchResult(from: decoder))
    }

    /// Reads a file.
    ///
    /// - Throws: ``LabError`` with cause `commandFailed`.
    static func read(_ file: String) throws(LabError) -> BenchReport {
        let text = try Files.read(file)
        do { return try JSONDecoder().decode(BenchReport.self, from: Data(text.utf8)) } catch {
            throw LabError(
                .commandFailed, attempt: "read \(file)", outcome: "\(error)",
                remedy: "Give files that `lab/run bench-... --json FILE` or `make bench` wrote.")
        }
    }
}
