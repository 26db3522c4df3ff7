import Glibc

/// PostgreSQL's own client for benchmarks, of the package that the guest has the server from.
struct Pgbench: Sendable {
    /// The port that the guest's server listens on.
    static let port = 5432

    private let process: BackgroundProcess
    private let log: String

    /// Starts to ask for transactions.
    ///
    /// - Parameters:
    ///   - stage: Where the guest is, with tables that ``fill(_:)`` has made.
    ///   - connections: How many, each with one transaction at a time.
    /// - Throws: ``LabError``.
    init(_ stage: Stage, connections: Int) throws(LabError) {
        let layout = stage.lab.layout
        let prefix = "\(layout.run)/client-transactions"
        process = try stage.startProgram(
            Self.words(
                stage, "--no-vacuum", "--file", "\(layout.source)/guest/transaction.sql", "--client", "\(connections)",
                "--time", "86400", "--log", "--log-prefix", prefix), name: "transactions")
        log = "\(prefix).\(process.identifier)"
    }

    /// Makes pgbench's tables in the guest and fills them, which takes the guest a while.
    ///
    /// - Parameter stage: Where the guest is.
    /// - Throws: ``LabError`` if the server does not come to take it.
    static func fill(_ stage: Stage) throws(LabError) {
        let words = Self.words(stage, "--initialize", "--init-steps", "dtGvp", "--fillfactor", "90")
        // The server listens before it takes connections.
        try stage.context.wait(until: "PostgreSQL has its tables", limit: .seconds(600)) { () throws(LabError) in
            try stage.lab.client(words, timeout: .seconds(300)).status == 0 ? true : nil
        }
    }

    /// Ends it, and reads what it found.
    ///
    /// - Throws: ``LabError`` with cause `checkFailed` if a transaction or a connection failed.
    func finish() throws(LabError) -> LatencyProbe.Report {
        // To pgbench its time is over: it ends the transactions that it has begun, and its log is whole.
        process.stop(with: SIGALRM)
        let attempt = "commit transactions in the guest"
        let words = try process.output()
        // A connection that failed is not opened again: the others would go on with less work.
        guard !words.contains("error:") else { throw LabError(.checkFailed, attempt: attempt, outcome: words) }
        guard let text = try? Files.read(log) else {
            throw LabError(.commandFailed, attempt: attempt, outcome: "pgbench left no log; \(words)")
        }
        try Files.remove(log)
        return LatencyProbe.Report(transactions: text)
    }

    private static func words(_ stage: Stage, _ options: String...) -> [String] {
        let server = ["--host", stage.guest.address, "--port", "\(port)", "--username", "postgres"]
        return ["\(stage.lab.layout.guestImage)/bin/pgbench"] + server + options + ["postgres"]
    }
}

extension LatencyProbe.Report {
    /// Reads pgbench's log: a line for each transaction that was committed.
    ///
    /// The time is that of the transactions in it. None at all is a finding too: a guest that stands still for most of the
    /// time commits none.
    ///
    /// - Parameter transactions: Lines of connection, number, microseconds that it took, script, and when it ended, in
    ///   seconds and microseconds.
    init(transactions: String) {
        let lines = transactions.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        let rows = lines.map { $0.split(separator: " ").compactMap { UInt64($0) } }.filter { $0.count == 6 }
        let ends = rows.map { $0[4] * 1_000_000 + $0[5] }
        let begins = zip(ends, rows).map { $0 - $1[2] }
        let latencies = FigureSummary(rows.map { Double($0[2]) * 1000 })
        answered = UInt64(rows.count)
        asking = ((ends.max() ?? 0) - (begins.min() ?? 0)) * 1000
        median = latencies.map { UInt64($0.median) }
        p99 = latencies.map { UInt64($0.p99) }
    }
}
