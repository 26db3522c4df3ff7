import Foundation

extension Scenario {
    static let benchLatency = Scenario(
        name: "bench-latency",
        summary: "how long answers take under a fixed interval, and when waiting output begins an epoch",
        options: ["seconds": 40, "interval": 200, "budget": 1000, "period": 500, "rate": 0, "rounds": 40, "parts": 20],
        choices: ["load": [BenchLoad.idle.rawValue, BenchLoad.pages.rawValue]]
    ) { context in
        try LatencyBench(context: context).play()
    }
}

/// One guest that a client asks now and then, under both ways to choose when an epoch begins.
///
/// Nothing watches the guest meanwhile: the meter's looks, one a millisecond and before all others, make answers late.
struct LatencyBench {
    let context: ScenarioContext

    /// Plays the scenario.
    func play() throws(LabError) {
        let (interval, budget) = (context.option("interval"), context.option("budget"))
        let bench = try Bench(context, context.load(.idle), interval: interval, rate: context.option("rate"))
        context.record("asked_every", Double(context.option("period")), unit: "ms")
        context.record("interval_asked", Double(interval), unit: "ms")
        context.record("budget_asked", Double(budget), unit: "ms")
        let plain = try answers("unprotected", bench)
        let floor = try bench.unwatchedFloor(rounds: context.option("rounds"), interval: interval)
        try bench.protect()
        let fixed = try answers("fixed", bench)
        let result = try bench.stage.product.run(
            .xen1, "tune \(bench.stage.guest.name) --output-latency-p99-ms \(budget)")
        try context.check(result.status == 0, "replicactl tune: status \(result.status) \(result.errors)")
        try bench.stage.waitForEpochs(10)
        let early = try answers("early", bench)
        try recordParts(bench.stage)
        try bench.unprotect()
        try compare(bench, plain, floor, fixed: fixed, early: early)
    }

    /// Asks the guest for a while, and reports how long its answers took.
    private func answers(_ name: String, _ bench: Bench) throws(LabError) -> LatencyProbe.Report {
        let seconds = context.option("seconds")
        context.step("\(name): \(seconds) s")
        let probe = try LatencyProbe(bench.load, bench.stage, period: context.option("period"))
        Foundation.Thread.sleep(forTimeInterval: Double(seconds))
        let report = try probe.finish()
        report.record(context, name)
        return report
    }

    /// What the epochs consist of that one question each begins.
    ///
    /// The client has ended: reading the status would be in its way.
    private func recordParts(_ stage: Stage) throws(LabError) {
        var epochs: [UInt64: ProductStatus.Epoch] = [:]
        var answers: [Double] = []
        for _ in 0..<context.option("parts") {
            let ping = try stage.lab.client(
                ["ping", "-c", "1", "-W", "60", stage.guest.address], timeout: .seconds(90))
            Foundation.Thread.sleep(forTimeInterval: 0.2)
            guard let domain = try stage.domain(on: .xen1), let last = domain.lastEpoch, last.trigger == "output" else {
                continue
            }
            epochs[domain.epoch] = last
            answers += PingTimes.read(ping.output)
        }
        try context.check(
            !epochs.isEmpty, "waiting output begins epochs: \(epochs.count) of \(context.option("parts"))")
        let parts: [(String, (ProductStatus.Epoch) -> UInt64?)] = [
            ("suspend", \.suspendMicroseconds), ("pause", \.suspendedMicroseconds), ("send", \.sendMicroseconds),
            ("acknowledge", \.acknowledgeMicroseconds), ("release", \.releaseMicroseconds),
            ("held", \.outputLatencyMicroseconds),
        ]
        for (name, part) in parts {
            guard let summary = FigureSummary(epochs.values.compactMap(part).map { Double($0) / 1_000 }) else {
                continue
            }
            context.record("early_epoch_\(name)_p50", summary.median, unit: "ms")
        }
        if let summary = FigureSummary(answers) { context.record("early_ping_p50", summary.median, unit: "ms") }
    }

    /// A round trip from one host to the other, in milliseconds: what an acknowledgement takes at least.
    private func linkRoundTrip(_ lab: Lab) throws(LabError) -> Double? {
        let peer = HostName.xen2.address(on: .repl)
        let trips = FigureSummary(PingTimes.read(try lab.shell(.xen1, "ping -c 20 -i 0.3 \(peer)")))
        if let trips { context.record("link_round_trip_p50", trips.median, unit: "ms") }
        return trips?.median
    }

    private func compare(
        _ bench: Bench, _ plain: LatencyProbe.Report, _ floor: FloorLog, fixed: LatencyProbe.Report,
        early: LatencyProbe.Report
    ) throws(LabError) {
        let milliseconds = { (report: LatencyProbe.Report) in report.median.map { Double($0) / 1e6 } }
        bench.recordRatio("latency_early_to_fixed", milliseconds(early), milliseconds(fixed))
        guard let suspend = floor.summary(\.suspend)?.median, let pause = floor.summary(\.pause)?.median,
            let answer = milliseconds(plain), let roundTrip = try linkRoundTrip(bench.stage.lab)
        else { return }
        // Nobody could answer sooner who holds the answer until the other host has a checkpoint that covers it.
        let least = answer + suspend + pause + roundTrip
        context.record("latency_least", least, unit: "ms")
        bench.recordRatio("latency_early_to_least", milliseconds(early), least)
        bench.recordRatio("latency_fixed_to_least", milliseconds(fixed), least)
        context.conclude(
            "an answer takes \(milliseconds(plain)?.text(1) ?? "?") ms unprotected, "
                + "\(milliseconds(fixed)?.text(1) ?? "?") with epochs every \(context.option("interval")) ms, "
                + "\(milliseconds(early)?.text(1) ?? "?") with epochs that begin when it waits; the least is "
                + "\(least.text(1))")
    }
}
