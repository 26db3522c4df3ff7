extension Scenario {
    static let benchMemory = Scenario(
        name: "bench-memory",
        summary: "an idle guest of little memory, and one of much: what an epoch's pause owes to the guest's size",
        options: ["small": 128, "large": 768, "epochs": 80, "interval": 200]
    ) { context in
        try MemoryBench(context: context).play()
    }
}

/// The same idle guest in two sizes.
struct MemoryBench {
    let context: ScenarioContext

    /// Plays the scenario.
    func play() throws(LabError) {
        let small = try measure("small", memory: context.option("small"))
        let large = try measure("large", memory: context.option("large"))
        context.record("pause_large_to_small", large.pause / small.pause, unit: "ratio")
        context.record("floor_large_to_small", large.floor / small.floor, unit: "ratio")
        context.conclude(
            "an idle guest stands still for \(small.pause.text(1)) ms an epoch with \(context.option("small")) MiB and "
                + "\(large.pause.text(1)) ms with \(context.option("large")) MiB")
    }

    private func measure(_ name: String, memory: Int) throws(LabError) -> (pause: Double, floor: Double) {
        let interval = context.option("interval")
        let bench = try Bench(context, .idle, interval: interval, rate: 0, memory: memory)
        context.record("\(name)_memory", Double(memory), unit: "mib")
        let floor = try bench.meter.floor(bench.stage.guest.name, on: .xen1, rounds: 40, interval: interval)
        // The first copy of a large guest takes its time in emulation.
        let result = try bench.stage.product.run(
            .xen1, "protect \(bench.stage.guest.name)", timeout: .seconds(1800))
        try context.check(result.status == 0, "replicactl protect: status \(result.status) \(result.errors)")
        // Not the first epochs: they still have what was written during the first copy.
        let count = UInt64(context.option("epochs"))
        var samples: [ProductStatus.Epoch] = []
        var epoch = try bench.stage.waitForEpochs(10).epoch
        let first = epoch
        while epoch < first + count {
            let domain = try bench.stage.wait(for: .xen1, until: "another epoch is acknowledged") { $0.epoch > epoch }
            epoch = domain.epoch
            if let last = domain.lastEpoch { samples.append(last) }
        }
        try bench.unprotect()
        let median = { (value: KeyPath<ProductStatus.Epoch, UInt64>) in
            FigureSummary(samples.map { Double($0[keyPath: value]) })?.median ?? 0
        }
        let pause = median(\.suspendedMicroseconds) / 1000
        context.record("\(name)_pause_p50", pause, unit: "ms")
        context.record("\(name)_capture_p50", median(\.captureMicroseconds) / 1000, unit: "ms")
        context.record("\(name)_resume_p50", median(\.resumeMicroseconds) / 1000, unit: "ms")
        context.record("\(name)_dirty_p50", median(\.dirtyPages), unit: "pages")
        context.record("\(name)_samples", Double(samples.count))
        let least = floor.summary(\.pause)?.median ?? 0
        context.record("\(name)_floor_p50", least, unit: "ms")
        context.record("\(name)_floor_dirty_p50", floor.summary(\.pages)?.median ?? 0, unit: "pages")
        return (pause, least)
    }
}
