extension Scenario {
    static let pageTrace = Scenario(
        name: "page-trace",
        summary: "records the pages that a guest writes from checkpoint to checkpoint, for the native benchmarks",
        options: ["checkpoints": 40, "interval": 200, "rate": 2000, "limit": 1024],
        choices: ["load": BenchLoad.allNames]
    ) { context in
        let load = context.load(.compile)
        let bench = try Bench(context, load, interval: 200, rate: context.option("rate"))
        let file = "\(context.lab.layout.cache)/traces/\(load.rawValue).trace"
        try Files.makeDirectory("\(context.lab.layout.cache)/traces")
        // A load that its client drives does nothing without one.
        let client = try LatencyProbe(load, bench.stage)
        let words = try bench.meter.trace(
            bench.stage.guest.name, on: .xen1, checkpoints: context.option("checkpoints"),
            interval: context.option("interval"), to: file, limit: context.option("limit"))
        let report = try client.finish()
        context.record("answered", Double(report.answered))
        let rounds = words.split(separator: "\n").compactMap { $0.split(separator: " ").value("pages") }
        try context.check(rounds.count > 1, "the trace has checkpoints: \(words.suffix(300))")
        if let pages = FigureSummary(rounds.dropFirst().map(Double.init)) {
            context.record("dirty_p50", pages.median, unit: "pages")
        }
        context.record("checkpoints", Double(rounds.count - 1))
        context.record("trace", Double(Files.size(file)), unit: "bytes")
        context.note("file", file)
    }
}
