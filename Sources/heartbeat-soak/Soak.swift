import FoundationEssentials
import Glibc
import Heartbeat
import ReplicaModel
import Synchronization
import SystemKit

/// The soak: sets the pair and the load up, watches, kills, reports, and takes everything down again.
final class Soak {
    private let options: SoakOptions
    private let directory: String
    /// This program's own file.
    private let program: String
    private let isInterrupted = Interruption()
    private let observers: [SoakSide: Observer] = [.alpha: Observer(), .beta: Observer()]
    private var services: [SoakSide: Process] = [:]

    init(options: SoakOptions) throws(SoakError) {
        guard geteuid() == 0 else { throw .failed("make network namespaces", "only root can; run it as root") }
        self.options = options
        guard let file = realpath("/proc/self/exe", nil) else {
            throw .failed("find this program", SystemError.last("realpath").description)
        }
        program = String(cString: file)
        free(file)
        var template = Array("/tmp/replicactl-soak-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw .failed("mkdtemp", SystemError.last("mkdtemp").description) }
        directory = String(cString: made)
    }

    deinit {
        for side in SoakSide.allCases { unlink(side.configuration(directory: directory).socketPath) }
        unlink("\(directory)/key")
        rmdir(directory)
    }

    /// Runs everything.
    ///
    /// - Returns: The exit status: 0 when nothing was wrong, 1 for a false alarm or a late detection.
    func run() throws -> Int32 {
        try isInterrupted.watch()
        try HeartbeatKeyFile.create("\(directory)/key")
        let network = try PairNetwork(megabits: options.megabits)
        // Whatever was started ends before its namespace does.
        defer { services = [:] }
        let load = try startLoad(network)
        defer { for process in load { process.kill() } }
        var clients: [HeartbeatClient] = []
        defer { for client in clients { client.stop() } }
        for side in SoakSide.allCases {
            try startService(side, network)
            guard let observer = observers[side] else { continue }
            clients.append(
                try HeartbeatClient(
                    socketPath: side.configuration(directory: directory).socketPath, silence: 2000,
                    onReport: { observer.take($0) }, onLost: { observer.lose() }))
        }
        try waitUntilPaired()
        var report = try watch(network)
        report.detection = SoakReport.Detection(try killAgainAndAgain(network))
        report.judge()
        try write(report)
        return report.faults.isEmpty ? 0 : 1
    }

    private func startLoad(_ network: PairNetwork) throws(SoakError) -> [Process] {
        var load = [try Process([program, "burn"])]
        for side in SoakSide.allCases {
            load.append(try Process(network.command(side, [program, "flood", side.rawValue])))
        }
        return load
    }

    private func startService(_ side: SoakSide, _ network: PairNetwork) throws(SoakError) {
        services[side] = try Process(
            network.command(side, [program, "service", side.rawValue, directory]))
    }

    /// Watches the pair for the configured time.
    private func watch(_ network: PairNetwork) throws(SoakError) -> SoakReport {
        say("watching for \(options.seconds) s")
        for observer in observers.values { _ = observer.takeChanges() }
        let busyBefore = try ProcessorTime()
        let sentBefore = try sentBytes(network)
        let start = Clock.monotonic
        try sleep(nanoseconds: options.seconds * 1_000_000_000)
        let seconds = Double(Clock.monotonic - start) / 1e9
        let busy = try ProcessorTime().busyPercent(since: busyBefore)
        let sentAfter = try sentBytes(network)
        var hosts: [SoakReport.Host] = []
        for side in SoakSide.allCases {
            let megabits = zip(sentBefore[side] ?? [], sentAfter[side] ?? []).map {
                Double($1 - $0) * 8 / 1e6 / seconds
            }
            hosts.append(try host(side, sentMegabits: megabits))
        }
        return SoakReport(
            seconds: options.seconds, processors: sysconf(Int32(_SC_NPROCESSORS_ONLN)), busyPercent: busy,
            linkMegabitsPerSecond: options.megabits, hosts: hosts)
    }

    private func sentBytes(_ network: PairNetwork) throws(SoakError) -> [SoakSide: [UInt64]] {
        var result: [SoakSide: [UInt64]] = [:]
        for side in SoakSide.allCases {
            for link in SoakSide.networks {
                result[side, default: []].append(try network.sentBytes(side, on: link.name))
            }
        }
        return result
    }

    private func host(_ side: SoakSide, sentMegabits: [Double]) throws(SoakError) -> SoakReport.Host {
        guard let observer = observers[side], let newest = observer.newest else {
            throw .failed("read the report of \(side)", "its service is gone")
        }
        let changes = observer.takeChanges()
        let refused = DatagramRefusal.allCases.filter { $0 != .lateOrReplayed }.map { newest.refusals[$0] }.reduce(0, +)
        return SoakReport.Host(
            name: side.rawValue, isRealtime: services[side].map { isRealtime($0.identifier) } ?? false,
            verdictChanges: changes.count, falseDeaths: changes.filter(isDeath).count,
            lateness: SoakReport.Histogram(
                counts: newest.lateness.histogram, maximumMicroseconds: newest.lateness.maximum / 1000,
                graces: newest.lateness.graces),
            paths: zip(newest.paths, sentMegabits).map { path, megabits in
                SoakReport.Path(
                    name: path.name, received: path.received, missed: path.missed, late: path.late,
                    roundTripMicroseconds: (path.roundTrip ?? 0) / 1000, sentMegabitsPerSecond: megabits)
            }, refused: refused)
    }

    /// Kills beta's service, waits for alpha's verdict, and starts it again; returns the nanoseconds that each took.
    private func killAgainAndAgain(_ network: PairNetwork) throws(SoakError) -> [UInt64] {
        var took: [UInt64] = []
        for number in 0..<options.kills {
            // At any point between two beats.
            try sleep(nanoseconds: UInt64.random(in: 500_000_000..<600_000_000))
            let killedAt = Clock.monotonic
            services[.beta]?.kill()
            let since = try wait("death \(number + 1) to be noticed") { () -> MonotonicTime? in
                guard case .dead(let since) = observers[.alpha]?.newest?.verdict else { return nil }
                return since
            }
            took.append(since.nanoseconds(since: MonotonicTime(nanoseconds: killedAt)))
            try startService(.beta, network)
            try waitUntilPaired()
        }
        return took
    }

    private func waitUntilPaired() throws(SoakError) {
        for side in SoakSide.allCases {
            try wait("\(side) to hear its peer") { () -> PeerVerdict? in
                observers[side]?.newest.map(\.verdict).flatMap { $0 == .alive ? $0 : nil }
            }
        }
    }

    @discardableResult
    private func wait<Value>(_ what: String, _ look: () -> Value?) throws(SoakError) -> Value {
        let deadline = Clock.monotonic + 30_000_000_000
        while Clock.monotonic < deadline {
            if let value = look() { return value }
            try sleep(nanoseconds: 5_000_000)
        }
        throw .failed("wait for \(what)", "nothing for 30 s")
    }

    private func sleep(nanoseconds: UInt64) throws(SoakError) {
        let end = Clock.monotonic + nanoseconds
        while Clock.monotonic < end {
            if isInterrupted.isSet { throw .interrupted }
            Clock.sleep(until: min(end, Clock.monotonic + 100_000_000))
        }
    }

    private func isDeath(_ verdict: PeerVerdict) -> Bool { if case .dead = verdict { true } else { false } }

    private func isRealtime(_ process: pid_t) -> Bool {
        // A flag in a high bit says that children do not inherit it.
        sched_getscheduler(process) & 0xFF == SCHED_FIFO
    }

    private func write(_ report: SoakReport) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        print(String(decoding: try encoder.encode(report), as: UTF8.self))
    }
}
