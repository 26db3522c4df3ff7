extension Scenario {
    static let backPressure = Scenario(
        name: "back-pressure", summary: "a guest that outruns the replication network is throttled, then unprotected",
        options: ["pages": 2000, "kilobits": 24_000]
    ) { context in
        try BackPressure(context).play()
    }
}

/// Slows the replication network down below what the guest writes.
///
/// By default all that the guest's verifier writes, 24 MiB, takes 8 s: longer than the longest epoch, and less than the 10 s
/// after which the backup would count as lost.
struct BackPressure {
    private static let settings = ProductSettings(interval: 200)
    /// The cap that the operator gives the guest, in percent of one processor.
    private static let operatorsCap = 90

    private let context: ScenarioContext
    private let stage: Stage

    /// Brings the stage about.
    init(_ context: ScenarioContext) throws(LabError) {
        self.context = context
        stage = try Stage(context, settings: Self.settings)
    }

    /// Plays the scenario.
    func play() throws(LabError) {
        try stage.setWriteRate(context.option("pages"))
        try stage.lab.shell(.xen1, "\(command) -c \(Self.operatorsCap)")
        let product = stage.product
        let lab = stage.lab
        context.atEnd {
            try? Self.setSlow(lab, nil)
            try? product.configure(.xen1, Self.settings.text(for: .xen1))
        }
        try killWhileThrottled()
        try giveUp()
        try stage.checkMemory()
    }

    /// The guest is throttled; the next controller gives it back what the killed one took.
    private func killWhileThrottled() throws(LabError) {
        try stage.protect()
        try stage.waitForEpochs(5)
        try Self.setSlow(stage.lab, context.option("kilobits"))
        context.mark("the replication network is slow", isOrigin: true)
        let throttled = try stage.wait(for: .xen1, until: "the guest is throttled", limit: .seconds(300)) {
            ($0.pacing?.processorPercent ?? 100) < 100 || $0.state != "protected"
        }
        context.mark("the guest is throttled")
        try context.check(
            throttled.state == "protected",
            "it is throttled before its protection ends: \(throttled.text), "
                + "\(throttled.pacing?.processorPercent ?? 100) %")
        let cap = try self.cap()
        try context.check((1..<Self.operatorsCap).contains(cap), "Xen keeps it below the operator's cap: \(cap) %")
        let events = try stage.product.run(.xen1, "events --domain \(stage.guest.name) --last 20 --json")
        try context.check(events.output.contains("\"guest-throttled\""), "the event log says so")
        let process = try stage.product.process(.controller, .xen1)
        try stage.lab.shell(.xen1, "kill -KILL \(process)")
        context.mark("xen1: controller killed")
        try context.wait(until: "the guest has the operator's cap again") { () throws(LabError) in
            try self.cap() == Self.operatorsCap ? true : nil
        }
        context.mark("the guest has its processor time back")
        try Self.setSlow(stage.lab, nil)
        try stage.wait(for: .xen1, until: "the guest goes on alone") { $0.state == "unprotected" }
        try context.wait(until: "xen2 has given its replica up") { () throws(LabError) in
            try stage.lab.domains(on: .xen2).isEmpty ? true : nil
        }
    }

    /// With next to no throttling allowed the protection ends, in good order and with its reason.
    private func giveUp() throws(LabError) {
        let text = Self.settings.text(for: .xen1)
            .replacing("[heartbeat]", with: "throttle_percent_min = 80\noverload_patience_ms = 5000\n[heartbeat]")
        try stage.product.configure(.xen1, text)
        let reload = try stage.product.run(.xen1, "reload")
        try context.check(reload.status == 0, "the configuration is in force: \(reload.output) \(reload.errors)")
        try stage.protect()
        try stage.waitForEpochs(5)
        try Self.setSlow(stage.lab, context.option("kilobits"))
        context.mark("the replication network is slow")
        let ended = try stage.wait(for: .xen1, until: "the protection has ended", limit: .seconds(300)) {
            $0.state == "unprotected"
        }
        context.mark("the guest runs unprotected")
        try context.check(ended.reason?.code == "overloaded", "it says why: \(ended.text)")
        try context.check(try cap() == Self.operatorsCap, "the guest has its processor time back: \(try cap()) %")
        try Self.setSlow(stage.lab, nil)
    }

    /// The guest's part of the scheduler's command; the scheduler is Xen's default or the older one.
    private var command: String {
        "xl sched-$(xl info | awk '/^xen_scheduler/ { print $3 }') -d \(stage.guest.name)"
    }

    private func cap() throws(LabError) -> Int {
        let text = try stage.lab.shell(.xen1, "\(command) | awk '$1 == \"\(stage.guest.name)\" { print $4 }'")
        guard let cap = Int(text) else {
            throw LabError(.commandFailed, attempt: "read the guest's cap", outcome: text)
        }
        return cap
    }

    /// Slows down what xen1 sends over the replication network; heartbeats still take the other one.
    private static func setSlow(_ lab: Lab, _ kilobits: Int?) throws(LabError) {
        _ = try lab.attemptShell(.xen1, "tc qdisc del dev eth1 root")
        guard let kilobits else { return }
        try lab.shell(.xen1, "tc qdisc add dev eth1 root tbf rate \(kilobits)kbit burst 64kb latency 2s")
    }
}
