extension Scenario {
    static let fencing = Scenario(
        name: "fencing",
        summary: "the primary hangs; the backup waits as long as the fence agent fails, and takes over when it has not"
    ) { context in
        try FencingTrial(context).play()
    }
}

/// A takeover that only the result of a fence agent allows (safety rule 2).
struct FencingTrial {
    private let context: ScenarioContext
    private let stage: Stage
    private let power: PowerSwitch

    /// Brings the stage about.
    init(_ context: ScenarioContext) throws(LabError) {
        self.context = context
        power = PowerSwitch(lab: context.lab)
        try Stage.bringHostsUp(context.lab)
        try power.install()
        stage = try Stage(context, settings: ProductSettings(ownership: "safe-by-lease", fencesPeer: true))
    }

    /// Plays the scenario.
    func play() throws(LabError) {
        let onlookers = try Onlookers(stage)
        try stage.protect()
        try stage.setWriteRate(500)
        try stage.waitForEpochs(10)
        let since = WallClock.now
        try stage.lab.freeze(.xen1)
        context.mark("xen1: frozen", at: since, isOrigin: true)
        try refuse()
        let taken = try onlookers.second.frames(from: stage.guest.macAddress)
        try context.check(taken.isEmpty, "xen2 sent \(taken.count) frames of the guest while xen1 could not be stopped")

        let asked = try power.request(from: .xen2, context)
        try context.check(asked == "off xen1", "xen2 asks again: \(asked)")
        try stage.lab.cutPower(.xen1)
        let off = WallClock.now
        context.mark("xen1: switched off by the agent", at: off)
        try power.answer(.xen2, isDone: true)
        let active = try stage.wait(for: .xen2, until: "xen2 runs the guest") { $0.state == "active" }
        context.mark("xen2: active")
        context.note("xen2", active.text)
        try onlookers.checkTakeover()
        let earliest = try onlookers.second.frames(from: stage.guest.macAddress).map(\.time).min() ?? 0
        try context.check(earliest > off, "xen2's first frame came after xen1 was off")
        try stage.bringBack(.xen1)
    }

    /// The first answer of the agent is that it failed: xen2 must leave the guest alone.
    private func refuse() throws(LabError) {
        let asked = try power.request(from: .xen2, context)
        try context.check(asked == "off xen1", "xen2's agent is told to stop the other host: \(asked)")
        context.mark("xen2: asks the agent, which fails")
        try power.answer(.xen2, isDone: false)
        try context.wait(until: "xen2 records the failure") { () throws(LabError) in
            try stage.product.events(.xen2).contains { event in
                event.reason == "fencing-failed" && event.domain == stage.identity
            } ? true : nil
        }
        let replica = try stage.domain(on: .xen2)
        try context.check(
            replica.map { !["active", "activating"].contains($0.state) } ?? false,
            "xen2 does not take over: \(replica?.text ?? "nothing")")
    }
}
