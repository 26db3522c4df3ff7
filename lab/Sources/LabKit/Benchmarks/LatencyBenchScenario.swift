extension Scenario {
    static let benchLatency = Scenario(
        name: "bench-latency",
        summary: "how long answers take under a fixed interval, and when waiting output begins an epoch",
        options: ["seconds": 40, "interval": 200, "budget": 200, "period": 500, "rate": 0, "rounds": 40],
        choices: ["load": [BenchLoad.idle.rawValue, BenchLoad.pages.rawValue]]
    ) { context in
        try LatencyBench(context: context).play()
    }
}

/// One guest that a client asks now and then, under both ways to choose when an epoch begins.
struct LatencyBench {
    let context: ScenarioContext

    /// Plays the scenario.
    func play() throws(LabError) {
        let (seconds, interval, budget) = (
            context.option("seconds"), context.option("interval"), context.option("budget")
        )
        var bench = try Bench(context, context.load(.idle), interval: interval, rate: context.option("rate"))
        bench.period = context.option("period")
        context.record("asked_every", Double(context.option("period")), unit: "ms")
        context.record("interval_asked", Double(interval), unit: "ms")
        context.record("budget_asked", Double(budget), unit: "ms")
        let plain = try bench.window("unprotected", seconds: seconds)
        let floor = try bench.floor(rounds: context.option("rounds"), interval: interval)
        try bench.protect()
        let fixed = try bench.window("fixed", seconds: seconds)
        let result = try bench.stage.product.run(
            .xen1, "tune \(bench.stage.guest.name) --output-latency-p99-ms \(budget)")
        try context.check(result.status == 0, "replicactl tune: status \(result.status) \(result.errors)")
        try bench.stage.waitForEpochs(10)
        let early = try bench.window("early", seconds: seconds)
        try recordHeld(bench.stage)
        try bench.unprotect()
        try compare(bench, plain, floor, fixed: fixed, early: early)
    }

    /// What replicactl itself says of the epochs since the protection began, the fixed ones included.
    private func recordHeld(_ stage: Stage) throws(LabError) {
        guard let domain = try stage.domain(on: .xen1), let epochs = domain.epochs else { return }
        context.record("own_held_p50", epochs.outputLatencyMillisecondsP50 ?? 0, unit: "ms")
        context.record("own_held_p99", epochs.outputLatencyMillisecondsP99 ?? 0, unit: "ms")
        context.record("own_pause_p50", epochs.suspendedMillisecondsP50, unit: "ms")
        context.note("last_trigger", domain.lastEpoch?.trigger ?? "none")
    }

    private func compare(
        _ bench: Bench, _ plain: BenchWindow, _ floor: FloorLog, fixed: BenchWindow, early: BenchWindow
    ) throws(LabError) {
        let milliseconds = { (window: BenchWindow) in window.latency.median.map { Double($0) / 1e6 } }
        bench.recordRatio("latency_early_to_fixed", milliseconds(early), milliseconds(fixed))
        guard let suspend = floor.summary(\.suspend)?.median, let pause = floor.summary(\.pause)?.median,
            let roundTrip = milliseconds(plain)
        else { return }
        // Nobody could answer sooner who holds the answer until a checkpoint covers it.
        let least = suspend + pause + roundTrip
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
