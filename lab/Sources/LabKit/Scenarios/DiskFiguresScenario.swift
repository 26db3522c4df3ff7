extension Scenario {
    static let diskFigures = Scenario(
        name: "disk-figures",
        summary:
            "what the disks' epochs cost: pauses, and fio in the guest on plain DRBD, on the epoch layer, protected",
        options: ["seconds": 20, "epochs": 40, "rate": 60, "interval": 200, "chunk": 16],
        choices: ["only": ["protected"]]
    ) { context in
        let figures = DiskFigures(context)
        if context.choice("only") == nil { try figures.play() } else { try figures.playProtected() }
    }
}

/// Figures of one run, which compare with each other only.
struct DiskFigures {
    let context: ScenarioContext

    private let settings: ProductSettings
    /// Pages of its memory that the guest writes each second, whatever is measured.
    private static let writeRate = 500

    init(_ context: ScenarioContext) {
        self.context = context
        settings = ProductSettings(interval: context.option("interval"), undoChunk: context.option("chunk"))
    }

    /// Measures a protected guest alone, to try a configuration.
    func playProtected() throws(LabError) {
        let stage = try stage(isWrapped: true)
        try stage.protect()
        let protected = try measure("protected", stage)
        try stage.guestDisks.check()
        context.conclude("sequential writes, protected: \(protected.throughput.text(1)) MiB/s")
    }

    /// Plays the scenario.
    func play() throws(LabError) {
        try record("pause_without_disk", pauses(Stage(context, settings: settings, isNewGuest: true)))

        let plain = try measure("plain", stage(isWrapped: false))
        let stage = try stage(isWrapped: true)
        let layered = try measure("layered", stage)
        try record("pause_without_writes", pauses(stage))
        try stage.guestDisks.setRate(context.option("rate"))
        try record("pause_with_writes", samplePauses(stage))
        try stage.guestDisks.setRate(0)
        let protected = try measure("protected", stage)
        try stage.guestDisks.check()
        for (name, result) in [("layered", layered), ("protected", protected)] {
            context.record("\(name)_to_plain_throughput", result.throughput / plain.throughput, unit: "ratio")
        }
        context.conclude(
            "sequential writes: \(plain.throughput.text(1)) MiB/s on plain DRBD, \(layered.throughput.text(1)) on the "
                + "epoch layer, \(protected.throughput.text(1)) protected; the goal is 0.8 of plain")
    }

    /// Begins with a new guest that has one disk.
    private func stage(isWrapped: Bool) throws(LabError) -> Stage {
        let stage = try Stage(context, settings: settings, disks: [.first], isWrapped: isWrapped)
        try stage.guestDisks.prepare()
        return stage
    }

    /// Protects a guest, and looks at its epochs.
    private func pauses(_ stage: Stage) throws(LabError) -> [Double] {
        try stage.setWriteRate(Self.writeRate)
        try stage.protect()
        return try samplePauses(stage)
    }

    /// How long the guest was suspended in each of some epochs, in milliseconds.
    private func samplePauses(_ stage: Stage) throws(LabError) -> [Double] {
        var epoch = try stage.waitForEpochs(5).epoch
        var samples: [Double] = []
        while samples.count < context.option("epochs") {
            let domain = try stage.wait(for: .xen1, until: "another epoch is acknowledged") {
                $0.epoch > epoch && $0.lastEpoch != nil
            }
            epoch = domain.epoch
            if let last = domain.lastEpoch { samples.append(Double(last.suspendedMicroseconds) / 1000) }
        }
        return samples
    }

    private func record(_ name: String, _ samples: [Double]) {
        guard let summary = FigureSummary(samples) else { return }
        context.record("\(name)_median", summary.median, unit: "ms")
        context.record("\(name)_p90", summary.p90, unit: "ms")
        context.record("\(name)_max", summary.max, unit: "ms")
    }

    /// Runs all of fio's jobs.
    ///
    /// - Returns: What came of the sequential one.
    private func measure(_ name: String, _ stage: Stage) throws(LabError) -> DiskJob.Result {
        try stage.setWriteRate(Self.writeRate)
        var results: [DiskJob: DiskJob.Result] = [:]
        for job in DiskJob.allCases {
            let result = try stage.guestDisks.measure(job, seconds: context.option("seconds"))
            context.record("\(name)_\(job.rawValue)_throughput", result.throughput, unit: "mib_per_s")
            context.record("\(name)_\(job.rawValue)_writes", result.writes, unit: "per_s")
            context.record("\(name)_\(job.rawValue)_latency_p50", result.median, unit: "ms")
            context.record("\(name)_\(job.rawValue)_latency_p99", result.p99, unit: "ms")
            results[job] = result
        }
        guard let sequential = results[.sequential] else {
            throw LabError(.checkFailed, attempt: "measure \(name)", outcome: "there is no sequential job")
        }
        return sequential
    }
}
