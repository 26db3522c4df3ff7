import Foundation

/// The client that measures how long the guest's answers take.
struct LatencyProbe: Sendable {
    /// What it found; `lab/guest/README.md` describes its file.
    struct Report: Decodable, Sendable {
        let answered: UInt64
        let asking: UInt64
        let median: UInt64?
        let p99: UInt64?

        private enum CodingKeys: String, CodingKey {
            case answered
            case asking = "asking_ns"
            case median = "latency_p50_ns"
            case p99 = "latency_p99_ns"
        }

        /// Answers a second, while it asked.
        var answersPerSecond: Double { Double(answered) / max(1e-9, Double(asking) / 1e9) }

        /// Reports how long answers took.
        func record(_ context: ScenarioContext, _ name: String) {
            if let median { context.record("\(name)_latency_p50", Double(median) / 1e6, unit: "ms") }
            if let p99 { context.record("\(name)_latency_p99", Double(p99) / 1e6, unit: "ms") }
            context.record("\(name)_answered", Double(answered))
        }
    }

    private enum Client: Sendable {
        case lines(BackgroundProcess, file: String)
        case transactions(Pgbench)
    }

    private let client: Client

    /// Starts to ask.
    ///
    /// - Parameters:
    ///   - load: What to ask.
    ///   - stage: Where the guest is.
    ///   - period: Milliseconds from one question to the next, of a client that asks by the clock; `nil` takes the load's.
    /// - Throws: ``LabError``.
    init(_ load: BenchLoad, _ stage: Stage, period: Int? = nil) throws(LabError) {
        switch load.client {
        case .lines(let word, let usual, let outstanding):
            let file = "\(stage.lab.layout.run)/client-latency.json"
            try Files.remove(file)
            let process = try stage.startProgram(
                [
                    "\(stage.lab.layout.guestImage)/bin/client-latency", stage.guest.address, "--seconds", "86400",
                    "--json", file, "--load", word, "--period-ms", "\(period ?? usual)", "--outstanding",
                    "\(outstanding)",
                ], name: "latency")
            client = .lines(process, file: file)
        case .transactions(let connections):
            client = .transactions(try Pgbench(stage, connections: connections))
        }
    }

    /// Ends it and reads what it found.
    func finish() throws(LabError) -> Report {
        switch client {
        case .lines(let process, let file):
            process.stop()
            let attempt = "read what the latency client found"
            guard let text = try? Files.read(file) else {
                throw LabError(.commandFailed, attempt: attempt, outcome: try process.output())
            }
            do { return try JSONDecoder().decode(Report.self, from: Data(text.utf8)) } catch {
                throw LabError(.commandFailed, attempt: attempt, outcome: "\(error)\n\(text)")
            }
        case .transactions(let pgbench): return try pgbench.finish()
        }
    }
}
