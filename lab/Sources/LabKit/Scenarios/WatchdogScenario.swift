import Foundation

extension Scenario {
    static let watchdog = Scenario(
        name: "watchdog", summary: "the primary's heartbeat service hangs: Xen resets that host, and the guest lives on"
    ) { context in
        try WatchdogTrial(context).play()
    }
}

/// The hypervisor's watchdog: a host whose services hang does not stay.
struct WatchdogTrial {
    private static let seconds = 8

    private let context: ScenarioContext
    private let stage: Stage

    /// Brings the stage about, with the watchdog armed on both hosts.
    init(_ context: ScenarioContext) throws(LabError) {
        self.context = context
        stage = try Stage(
            context, settings: ProductSettings(lease: Self.seconds * 1_000, watchdogTimeout: Self.seconds))
    }

    /// Plays the scenario.
    func play() throws(LabError) {
        let onlookers = try Onlookers(stage)
        try stage.protect()
        try stage.setWriteRate(500)
        // Longer than the watchdog's time: a watchdog that nobody kicked would have reset the host by now.
        try stage.waitForEpochs(60)
        let heartbeat = try stage.product.process(.heartbeat, .xen1)
        try stage.lab.shell(.xen1, "kill -STOP \(heartbeat)")
        let hung = WallClock.now
        context.mark("xen1: the heartbeat service hangs", at: hung, isOrigin: true)
        // A lab host that resets itself is off.
        try context.wait(until: "Xen has reset xen1") { () throws(LabError) in
            stage.lab.power(of: .xen1) == .off ? true : nil
        }
        let reset = WallClock.now
        context.mark("xen1: reset", at: reset)
        context.record("hung_to_reset", Double(reset - hung) / 1e6, unit: "ms")
        let console = try Files.read(stage.lab.layout.consoleLog(.xen1))
        try context.check(
            console.contains("Watchdog timer fired for domain 0"), "Xen's last words name the watchdog of Dom0")
        let taken = try onlookers.second.frames(from: stage.guest.macAddress)
        try context.check(
            taken.isEmpty,
            "xen2 had sent \(taken.count) frames when xen1 was reset: the watchdog comes before the end of the lease")
        let active = try stage.wait(for: .xen2, until: "xen2 runs the guest") { $0.state == "active" }
        context.note("xen2", active.text)
        try onlookers.checkTakeover()
        try stage.bringBack(.xen1)
        // Without its watchdog again, for whoever uses the lab next: the services disarm it in an orderly end.
        try stage.product.install()
        try context.check(stage.lab.power(of: .xen1) == .running, "xen1 runs on after the watchdog was disarmed")
    }
}
