import Foundation

/// The command line of `lab/plot`.
public enum PlotTool {
    private static let usage = "usage: lab/plot FOLDER REPORT.json...\n"

    /// Draws the plots and writes the tables of benchmark reports.
    ///
    /// - Parameter arguments: The folder that they go to, and the reports that `lab/run bench-... --json` and
    ///   `make bench` wrote.
    /// - Returns: The exit status: 0, 1 for a report that cannot be read, 64 for bad usage.
    public static func run(_ arguments: [String]) -> Int32 {
        guard arguments.count >= 2, let folder = arguments.first else {
            FileHandle.standardError.write(Data(usage.utf8))
            return 64
        }
        do throws(LabError) {
            var results: [BenchResult] = []
            var natives: [NativeReport] = []
            for file in arguments.dropFirst() {
                switch try BenchReport.read(file) {
                case .lab(let result) where result.runs > 0: results.append(result)
                case .lab: complain("\(file) is left out: no round passed")
                case .native(let report): natives.append(report)
                }
            }
            try Files.makeDirectory(folder)
            let native = NativeTables(natives)
            let plots = BenchPlots(results: results).plots + native.plots
            let tables = BenchTables(results: results, native: native, plots: plots.map(\.name))
            for page in plots + [("results.md", tables.markdown)] {
                try Files.write(page.text, to: "\(folder)/\(page.name)")
                print("\(folder)/\(page.name)")
            }
            return 0
        } catch {
            complain("\(error)")
            return 1
        }
    }

    private static func complain(_ text: String) {
        FileHandle.standardError.write(Data("lab/plot: \(text)\n".utf8))
    }
}
