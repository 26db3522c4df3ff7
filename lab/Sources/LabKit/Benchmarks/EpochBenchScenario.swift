extension Scenario {
    static let benchEpochs = Scenario(
        name: "bench-epochs",
        summary: "one guest under one load: unprotected, the floor of a checkpoint, replicactl, and `xl remus`",
        options: ["seconds": 30, "interval": 200, "rate": 2000, "rounds": 60], choices: benchChoices
    ) { context in
        try EpochBench(context: context).play()
    }
}

/// Figures of one run, which compare with each other only.
struct EpochBench {
    let context: ScenarioContext

    /// Plays the scenario.
    func play() throws(LabError) {
        let (seconds, interval) = (context.option("seconds"), context.option("interval"))
        let bench = try Bench(context, context.load(.pages), interval: interval, rate: context.option("rate"))
        context.record("interval_asked", Double(interval), unit: "ms")
        let plain = try bench.window("unprotected", seconds: seconds)
        let floor = try bench.floor(rounds: context.option("rounds"), interval: interval)

        try bench.protect()
        let ours = try bench.window("ours", seconds: seconds)
        let status = try bench.recordStatus("ours")
        try bench.unprotect()

        let peer = PeerRemus(stage: bench.stage, transport: context.transport)
        context.note("xl_transport", peer.transport.rawValue)
        try peer.start(interval: interval, bench.meter)
        let theirs = try bench.window("xl", seconds: seconds)
        try peer.stop()
        try compare(bench, plain, floor, ours, status, theirs)
    }

    private func compare(
        _ bench: Bench, _ plain: BenchWindow, _ floor: FloorLog, _ ours: BenchWindow, _ status: ProductStatus.Domain,
        _ theirs: BenchWindow
    ) throws(LabError) {
        bench.recordRatio("pause_ours_to_xl", ours.pauses?.median, theirs.pauses?.median)
        bench.recordRatio("pause_p99_ours_to_xl", ours.pauses?.p99, theirs.pauses?.p99)
        // Both with the clock of the process that suspends: from suspended to let go.
        bench.recordRatio(
            "pause_ours_to_floor", status.epochs?.suspendedMillisecondsP50, floor.summary(\.pause)?.median)
        bench.recordRatio("epochs_ours_to_xl", ours.watch.epochsPerSecond, theirs.watch.epochsPerSecond)
        let lost = { (window: BenchWindow) -> Double? in
            guard let work = window.work, let all = plain.work, all > 0 else { return nil }
            return max(0, 1 - work / all)
        }
        let lostEach = { (window: BenchWindow) -> Double? in
            lost(window).map { $0 / max(window.watch.epochsPerSecond, 0.001) }
        }
        for (name, window) in [("ours", ours), ("xl", theirs)] {
            guard let share = lost(window), let each = lostEach(window) else { continue }
            context.record("\(name)_work_lost", share * 100, unit: "percent")
            context.record("\(name)_work_lost_an_epoch_a_second", each * 100, unit: "percent")
        }
        bench.recordRatio("work_lost_ours_to_xl", lost(ours), lost(theirs))
        bench.recordRatio("work_lost_at_same_rate_ours_to_xl", lostEach(ours), lostEach(theirs))
        if let suspend = floor.summary(\.suspend)?.median, let pause = status.epochs?.suspendedMillisecondsP50,
            let roundTrip = plain.latency.median
        {
            // Nobody could answer sooner who holds the answer until a checkpoint covers it.
            let least = suspend + pause + Double(roundTrip) / 1e6
            context.record("latency_least", least, unit: "ms")
            bench.recordRatio("latency_ours_to_least", ours.latency.median.map { Double($0) / 1e6 }, least)
        }
        bench.recordRatio("dom0_cpu_ours_to_xl", ours.controlPercent, theirs.controlPercent)
        let text = { (window: BenchWindow) in
            "\(window.pauses?.median.text(1) ?? "?") ms (p99 \(window.pauses?.p99.text(1) ?? "?")), "
                + "\(window.watch.epochsPerSecond.text(2)) epochs a second"
        }
        context.conclude("pause of an epoch, replicactl: \(text(ours))")
        context.conclude("pause of an epoch, xl remus: \(text(theirs)); it holds no output")
        context.conclude(
            "pause of an epoch, floor: \(floor.summary(\.pause)?.median.text(1) ?? "?") ms; replicactl's own clock: "
                + "\(status.epochs?.suspendedMillisecondsP50.text(1) ?? "?") ms")
    }
}
