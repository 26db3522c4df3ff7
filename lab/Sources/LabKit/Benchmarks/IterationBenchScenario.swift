import Foundation

extension Scenario {
    static let benchIterations = Scenario(
        name: "bench-iterations",
        summary: "dirty pages and the parts of an epoch over the time of a compile in the guest",
        options: ["seconds": 120, "before": 20, "after": 20, "interval": 200], choices: ["load": BenchLoad.allNames]
    ) { context in
        try IterationBench(context: context).play()
    }
}

/// Samples of epochs: before the load, while it runs, and after it.
struct IterationBench {
    let context: ScenarioContext

    private static let columns = [
        "time_s", "epoch", "dirty_pages", "sent_bytes", "suspend_ms", "capture_ms", "resume_ms", "encode_ms", "send_ms",
        "acknowledge_ms", "release_ms",
    ]

    /// Plays the scenario.
    func play() throws(LabError) {
        let load = context.load(.compile)
        let bench = try Bench(context, load, interval: context.option("interval"), rate: 2000)
        try load.stop(bench.stage)
        try bench.protect()
        var table = SampleTable(columns: Self.columns)
        let begin = ContinuousClock.now
        for phase in ["before", "seconds", "after"] {
            if phase == "seconds" { try load.start(bench.stage, rate: bench.rate) }
            if phase == "after" { try load.stop(bench.stage) }
            context.record("\(phase)_begins", (ContinuousClock.now - begin).seconds, unit: "s")
            let end = ContinuousClock.now + .seconds(context.option(phase))
            while ContinuousClock.now < end {
                if let row = try sample(bench, after: table.rows.last?[1] ?? 0, begin) { table.rows.append(row) }
                // Reading the status is work for Dom0, too.
                Foundation.Thread.sleep(forTimeInterval: 0.7)
            }
        }
        try bench.recordStatus("ours")
        try bench.unprotect()
        context.add(table, as: "iterations")
        context.record("samples", Double(table.rows.count))
        if let pages = FigureSummary(table["dirty_pages"]) {
            context.record("dirty_p50", pages.median, unit: "pages")
            context.record("dirty_p99", pages.p99, unit: "pages")
        }
    }

    private func sample(
        _ bench: Bench, after epoch: Double, _ begin: ContinuousClock.Instant
    ) throws(LabError) -> [Double]? {
        guard let domain = try bench.stage.domain(on: .xen1), Double(domain.epoch) > epoch, let last = domain.lastEpoch
        else { return nil }
        let milliseconds = { (microseconds: UInt64) in Double(microseconds) / 1000 }
        return [
            (ContinuousClock.now - begin).seconds, Double(domain.epoch), Double(last.dirtyPages), Double(last.bytes),
            milliseconds(last.suspendMicroseconds), milliseconds(last.captureMicroseconds),
            milliseconds(last.resumeMicroseconds), milliseconds(last.encodeMicroseconds),
            milliseconds(last.sendMicroseconds), milliseconds(last.acknowledgeMicroseconds),
            milliseconds(last.releaseMicroseconds),
        ]
    }
}
