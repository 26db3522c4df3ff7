import Foundation

/// The meter on both hosts: what says when a guest stands still, whoever suspends it, and what a checkpoint must cost.
struct Meter: Sendable {
    private static let program = "/usr/local/sbin/replica-meter"

    private let lab: Lab

    /// Brings the meter to both hosts; it is built first, unless `REPLICACTL_LAB_METER` names one that is.
    ///
    /// - Parameter product: The product beside which it is installed.
    /// - Throws: ``LabError``.
    init(_ product: Product) throws(LabError) {
        lab = product.lab
        let binary = try Self.binary(product)
        try HostName.together { host throws(LabError) in try product.pushIfChanged(host, [binary: Self.program]) }
    }

    private static func binary(_ product: Product) throws(LabError) -> String {
        if let given = ProcessInfo.processInfo.environment["REPLICACTL_LAB_METER"] { return given }
        product.lab.progress.step("building replica-meter")
        let words = ["--package-path", product.root, "-c", "release", "--static-swift-stdlib"]
        let log = "\(product.lab.layout.cache)/build-meter.log"
        try Files.remove(log)
        try Command(["swift", "build"] + words + ["--product", "replica-meter"], log: log).run()
        let binary = "\(product.root)/.build/replica-meter"
        try Command(["strip", "-o", binary, "\(product.root)/.build/release/replica-meter"]).run()
        return binary
    }

    /// Begins to watch a domain's state.
    ///
    /// - Parameters:
    ///   - domain: The domain's name.
    ///   - host: The host.
    ///   - seconds: How long.
    /// - Returns: The watch; finish it.
    /// - Throws: ``LabError``.
    func watch(_ domain: String, on host: HostName, seconds: Int) throws(LabError) -> Watch {
        let log = "\(lab.layout.run)/meter-\(host).log"
        try Files.remove(log)
        let command = lab.secureShell(host, ["\(Self.program) watch \(Lab.quoted(domain)) --seconds \(seconds)"])
        return Watch(process: try BackgroundProcess(command.arguments, log: log), seconds: seconds)
    }

    /// A watch that goes on by itself.
    struct Watch: Sendable {
        fileprivate let process: BackgroundProcess
        fileprivate let seconds: Int

        /// Waits for its end.
        ///
        /// - Returns: What was seen.
        /// - Throws: ``LabError`` with cause `timedOut`, or `commandFailed` if the meter could not do it.
        func finish() throws(LabError) -> WatchLog {
            let limit = Duration.seconds(seconds + 60)
            let attempt = "watch a domain's state"
            let ended = try Retry.until(limit: limit, pause: .milliseconds(100)) { () throws(LabError) -> Bool? in
                process.isRunning ? nil : true
            }
            let status = process.stop()
            guard ended != nil else { throw LabError(.timedOut, attempt: attempt, outcome: "no end for \(limit)") }
            let output = try process.output()
            guard status == 0, let log = WatchLog(output) else {
                throw LabError(.commandFailed, attempt: attempt, outcome: "status \(status), \(output.suffix(400))")
            }
            return log
        }
    }

    /// Measures the least that checkpoints of a guest cost; nobody may protect it meanwhile.
    ///
    /// - Parameters:
    ///   - domain: The guest's name.
    ///   - host: The host on which it runs.
    ///   - rounds: How many checkpoints, at least 3.
    ///   - interval: Milliseconds from one to the next.
    /// - Returns: What was measured.
    /// - Throws: ``LabError``.
    func floor(_ domain: String, on host: HostName, rounds: Int, interval: Int) throws(LabError) -> FloorLog {
        let words = "floor \(Lab.quoted(domain)) --rounds \(rounds) --interval-ms \(interval)"
        let output = try lab.shell(host, "\(Self.program) \(words)", timeout: .seconds(300))
        guard let log = FloorLog(output) else {
            throw LabError(.commandFailed, attempt: "measure the floor", outcome: "\(output.suffix(400))")
        }
        return log
    }

    /// Records a page trace of a guest, and fetches it; nobody may protect the guest meanwhile.
    ///
    /// - Parameters:
    ///   - domain: The guest's name.
    ///   - host: The host on which it runs.
    ///   - checkpoints: How many checkpoints.
    ///   - interval: Milliseconds from one to the next.
    ///   - file: Where it goes on this machine.
    ///   - limit: The most MiB that the trace may have.
    /// - Returns: What the meter said.
    /// - Throws: ``LabError``.
    func trace(
        _ domain: String, on host: HostName, checkpoints: Int, interval: Int, to file: String, limit: Int
    ) throws(LabError) -> String {
        let there = "/var/tmp/pages.trace"
        let bounds = "--checkpoints \(checkpoints) --interval-ms \(interval) --limit-mib \(limit)"
        let output = try lab.shell(
            host, "\(Self.program) trace \(Lab.quoted(domain)) \(bounds) --output \(there)", timeout: .seconds(900))
        try Files.remove(file)
        var fetch = lab.secureShell(host, ["cat \(there) && rm \(there)"])
        fetch.log = file
        try fetch.run()
        return output
    }
}
