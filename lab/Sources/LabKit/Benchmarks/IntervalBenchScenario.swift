extension Scenario {
    static let benchIntervals = Scenario(
        name: "bench-intervals",
        summary: "epochs a second that come of 25, 50, 100, 200 and 400 ms asked: replicactl, then `xl remus`",
        options: ["seconds": 15, "rate": 2000], choices: benchChoices
    ) { context in
        try IntervalBench(context: context).play()
    }
}

/// What each of them makes of the interval that is asked.
struct IntervalBench {
    private static let intervals = [25, 50, 100, 200, 400]

    let context: ScenarioContext

    /// Plays the scenario.
    func play() throws(LabError) {
        let seconds = context.option("seconds")
        var bench = try Bench(context, context.load(.pages), interval: 400, rate: context.option("rate"))
        let plain = try bench.window("unprotected", seconds: seconds)
        var rows: [Int: [Double]] = [:]
        try bench.protect()
        for interval in Self.intervals {
            for host in HostName.allCases {
                let settings = ProductSettings(interval: interval)
                try bench.stage.product.configure(host, settings.text(for: host))
                let result = try bench.stage.product.run(host, "reload")
                try context.check(result.status == 0, "replicactl reload on \(host): \(result.errors)")
            }
            let window = try bench.window("ours_\(interval)", seconds: seconds)
            rows[interval] = Self.figures(window, plain)
        }
        try bench.unprotect()
        for interval in Self.intervals {
            let peer = PeerRemus(stage: bench.stage, transport: context.transport)
            try peer.start(interval: interval, bench.meter)
            let window = try bench.window("xl_\(interval)", seconds: seconds)
            rows[interval]? += Self.figures(window, plain)
            bench.recordRatio(
                "epochs_\(interval)_ours_to_xl", rows[interval]?.first, window.watch.epochsPerSecond)
            if try !peer.stop(), interval != Self.intervals.last { try bench.replaceGuest() }
        }
        var table = SampleTable(
            columns: [
                "asked_ms", "ours_epochs_per_s", "ours_pause_p50_ms", "ours_pause_p99_ms", "ours_work_share",
                "ours_dom0_percent", "xl_epochs_per_s", "xl_pause_p50_ms", "xl_pause_p99_ms", "xl_work_share",
                "xl_dom0_percent",
            ])
        for interval in Self.intervals { table.rows.append([Double(interval)] + (rows[interval] ?? [])) }
        context.add(table, as: "intervals")
    }

    private static func figures(_ window: BenchWindow, _ plain: BenchWindow) -> [Double] {
        let share = (window.work ?? 0) / max(plain.work ?? 0, 1e-9)
        return [
            window.watch.epochsPerSecond, window.pauses?.median ?? 0, window.pauses?.p99 ?? 0,
            window.work == nil ? 1 : share, window.controlPercent ?? 0,
        ]
    }
}
