extension Scenario {
    static let rhythm = Scenario(
        name: "rhythm", summary: "the rhythm of the epochs changes while they run, and no epoch is lost",
        options: ["pings": 10]
    ) { context in
        try Rhythm(context).play()
    }
}

/// Changes a running protection's rhythm by command and by configuration, and asks the guest now and then in each.
struct Rhythm {
    private static let settings = ProductSettings(interval: 400)

    private let context: ScenarioContext
    private let stage: Stage

    /// Brings the stage about.
    init(_ context: ScenarioContext) throws(LabError) {
        self.context = context
        stage = try Stage(context, settings: Self.settings)
    }

    /// Plays the scenario.
    func play() throws(LabError) {
        try stage.setWriteRate(50)
        try stage.protect()
        try stage.waitForEpochs(5)
        try measure("fixed")
        try tune("--output-latency-p99-ms 1000")
        try context.check(
            try pacing().outputLatencyBudgetMilliseconds == 1000, "the status shows the budget: \(try pacing())")
        try measure("budget")
        try checkIdle()
        try checkRefusals()
        // From here on output waits always.
        let counter = try stage.startCounter()
        for option in ["--interval-ms 50", "--output-latency-p99-ms 200", "--interval-ms 1000", "--reset"] {
            try tune(option)
            try context.check(try pacing().tuned == (option != "--reset"), "\(option): \(try pacing())")
            try counter.waitForProgress(50)
        }
        try checkReload()
        _ = try stage.finish(counter: counter)
        stage.record(try stage.waitForEpochs(3))
        try stage.checkMemory()
    }

    /// Asks the guest now and then, and reports what its client waited beside what an epoch takes.
    private func measure(_ name: String) throws(LabError) {
        let count = context.option("pings")
        let result = try stage.lab.client(
            ["ping", "-c", "\(count)", "-i", "1.3", "-W", "60", stage.guest.address], timeout: .seconds(120))
        try context.check(result.output.contains(" 0% packet loss"), "\(name): no ping is lost")
        let times = PingTimes.read(result.output).sorted()
        let domain = try self.domain()
        guard !times.isEmpty, let epochs = domain.epochs, let epoch = domain.lastEpoch else { return }
        context.record("\(name)_ping_p50", times[times.count / 2], unit: "ms")
        context.record("\(name)_ping_max", times[times.count - 1], unit: "ms")
        context.record("\(name)_held_p50", epochs.outputLatencyMillisecondsP50 ?? 0, unit: "ms")
        context.record("\(name)_held_p99", epochs.outputLatencyMillisecondsP99 ?? 0, unit: "ms")
        let floor =
            epoch.suspendMicroseconds + epoch.suspendedMicroseconds + epoch.sendMicroseconds
            + epoch.acknowledgeMicroseconds
        context.record("\(name)_epoch", Double(floor) / 1_000, unit: "ms")
        context.record("\(name)_ping_by_epoch", times[times.count / 2] * 1_000 / Double(max(floor, 1)))
        context.note("\(name)_trigger", epoch.trigger ?? "none")
    }

    /// A guest with nothing to say is checkpointed rarely; its own broadcasts are few.
    private func checkIdle() throws(LabError) {
        let before = try domain().epoch
        let end = WallClock.now + 15_000_000_000
        try context.wait(until: "the guest has been left alone", pause: .seconds(5)) { () throws(LabError) in
            WallClock.now > end ? true : nil
        }
        let epochs = try domain().epoch - before
        context.record("idle_epochs_in_15_s", Double(epochs))
        try context.check(epochs > 0, "it is checkpointed all the same: \(epochs) epochs")
    }

    private func checkRefusals() throws(LabError) {
        let before = try domain()
        for (words, status) in [
            ("--interval-ms 4", 64), ("--interval-ms 10001", 64), ("--output-latency-p99-ms 9", 64), ("", 64),
            ("--interval-ms 50 --reset", 64),
        ] {
            let result = try stage.product.run(.xen1, "tune \(stage.guest.name) \(words)")
            try context.check(result.status == status, "tune \(words): status \(result.status) \(result.errors)")
        }
        let elsewhere = try stage.product.run(.xen2, "tune \(stage.guest.name) --interval-ms 50")
        try context.check(elsewhere.status == 103, "tune at the backup: status \(elsewhere.status)")
        let after = try domain()
        try context.check(
            after.pacing?.outputLatencyBudgetMilliseconds == 1000 && after.generation == before.generation,
            "nothing has changed: \(after.text)")
    }

    /// A reload reaches the running protection, and names what does not.
    private func checkReload() throws(LabError) {
        let before = try domain()
        let text = Self.settings.text(for: .xen1)
            .replacing("interval_ms = 400\nsuspend", with: "output_latency_p99_ms = 300\nsuspend")
        try stage.product.configure(.xen1, text + "[memory]\nstaging_limit_mib = 200\n")
        context.atEnd { [stage] in try? stage.product.configure(.xen1, Self.settings.text(for: .xen1)) }
        let result = try stage.product.run(.xen1, "reload")
        try context.check(
            result.status == 0 && result.output.contains("memory.staging_limit_mib")
                && !result.output.contains("epoch."), "the reload names what waits: \(result.output)")
        try context.wait(until: "the reloaded budget is followed") { () throws(LabError) in
            try pacing().outputLatencyBudgetMilliseconds == 300 ? true : nil
        }
        try checkGoesOn(from: before, "the reload")
    }

    private func tune(_ option: String) throws(LabError) {
        let before = try domain()
        let result = try stage.product.run(.xen1, "tune \(stage.guest.name) \(option)")
        try context.check(result.status == 0, "tune \(option): \(result.output) \(result.errors)")
        try checkGoesOn(from: before, option)
        // What the status shows is of the last epoch.
        try stage.wait(for: .xen1, until: "two more epochs are acknowledged") { $0.epoch >= before.epoch + 2 }
    }

    private func checkGoesOn(from before: ProductStatus.Domain, _ what: String) throws(LabError) {
        let after = try stage.wait(for: .xen1, until: "epochs go on after \(what)") { $0.epoch > before.epoch }
        try context.check(
            after.state == "protected" && after.generation == before.generation && after.since == before.since,
            "\(what) left the protection as it was: \(after.text)")
    }

    private func domain() throws(LabError) -> ProductStatus.Domain {
        guard let domain = try stage.domain(on: .xen1) else {
            throw LabError(.checkFailed, attempt: "read the state of \(stage.guest.name)", outcome: "xen1 has none")
        }
        return domain
    }

    private func pacing() throws(LabError) -> ProductStatus.Pacing {
        guard let pacing = try domain().pacing else {
            throw LabError(.checkFailed, attempt: "read the rhythm of \(stage.guest.name)", outcome: "it has none")
        }
        return pacing
    }
}
