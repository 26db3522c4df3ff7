extension Scenario {
    static let longRun = Scenario(
        name: "long-run", summary: "many epochs without an error; the memory of both controllers stays flat",
        options: ["epochs": 2000]
    ) { context in
        try LongRun(context).play()
    }
}

/// Runs epochs as fast as the lab can, and watches both controllers.
struct LongRun {
    /// By how much a controller may grow from the first to the last quarter, in percent.
    private static let growthLimit = 5.0

    private let context: ScenarioContext
    private let stage: Stage

    /// Brings the stage about.
    init(_ context: ScenarioContext) throws(LabError) {
        self.context = context
        stage = try Stage(context, settings: ProductSettings(interval: 25))
    }

    /// Plays the scenario.
    func play() throws(LabError) {
        try stage.setWriteRate(500)
        let counter = try stage.startCounter()
        try stage.protect()
        let wanted = UInt64(context.option("epochs"))
        let start = WallClock.now
        var processes: [HostName: Int] = [:]
        for host in HostName.allCases { processes[host] = try stage.product.process(.controller, host) }
        var samples: [HostName: [Double]] = [:]
        // Half a second an epoch is far more than the lab needs, even on a busy machine.
        let limit = Duration.seconds(60) + .milliseconds(500) * Int(wanted)
        let last = try context.wait(until: "\(wanted) epochs are acknowledged", limit: limit, pause: .seconds(2)) {
            () throws(LabError) -> ProductStatus.Domain? in
            for (host, process) in processes { samples[host, default: []].append(try memory(of: process, host)) }
            guard let domain = try stage.domain(on: .xen1) else { return nil }
            guard domain.state == "protected" else {
                throw LabError(.checkFailed, attempt: "keep \(domain.name) protected", outcome: domain.text)
            }
            return (domain.epochs?.count ?? 0) >= wanted ? domain : nil
        }
        context.record("run", Double(WallClock.now - start) / 1e9, unit: "s")
        stage.record(last)
        for host in HostName.allCases {
            try judge(samples[host] ?? [], host)
            try context.check(
                try stage.product.process(.controller, host) == processes[host], "\(host)'s controller never ended")
            let errors = try stage.lab.shell(
                host, "journalctl -q --no-pager -p err -u replicactl-controller --since=@\(start / 1_000_000_000)")
            try context.check(errors.isEmpty, "\(host)'s controller logged no error: \(errors)")
        }
        try context.check(last.output?.drops == 0, "no frame was dropped: \(last.output?.drops ?? 0)")
        _ = try stage.finish(counter: counter)
        try stage.checkMemory()
    }

    /// The resident memory of a process, in KiB.
    private func memory(of process: Int, _ host: HostName) throws(LabError) -> Double {
        let text = try stage.lab.shell(host, "awk '/^VmRSS:/ { print $2 }' /proc/\(process)/status")
        guard let size = Double(text) else {
            throw LabError(.checkFailed, attempt: "read the memory of \(host)'s controller", outcome: "it is gone")
        }
        return size
    }

    private func judge(_ samples: [Double], _ host: HostName) throws(LabError) {
        guard let trend = MemoryTrend(samples) else {
            throw LabError(
                .checkFailed, attempt: "judge \(host)'s memory", outcome: "only \(samples.count) samples")
        }
        context.record("\(host)_memory_early", trend.early, unit: "kib")
        context.record("\(host)_memory_late", trend.late, unit: "kib")
        context.record("\(host)_memory_growth", trend.growthPercent, unit: "percent")
        try context.check(
            trend.growthPercent <= Self.growthLimit,
            "\(host)'s controller stays flat: \(trend.growthPercent.text(2)) % over \(samples.count) samples")
    }
}
