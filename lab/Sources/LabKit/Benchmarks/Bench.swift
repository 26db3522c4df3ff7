import Foundation

/// What the benchmarks share: a guest with a load, the meter, and who protects the guest in turn.
struct Bench {
    let context: ScenarioContext
    let meter: Meter
    let load: BenchLoad
    /// Pages a second, of the load that writes pages.
    let rate: Int
    private(set) var stage: Stage

    /// Brings up both hosts with a new guest, and starts its load.
    ///
    /// - Parameters:
    ///   - context: The scenario's context.
    ///   - load: What the guest is to do.
    ///   - interval: Milliseconds from one epoch to the next.
    ///   - rate: Pages a second, of the load that writes pages.
    ///   - memory: The guest's memory in MiB; `nil` takes the load's.
    /// - Throws: ``LabError``.
    init(
        _ context: ScenarioContext, _ load: BenchLoad, interval: Int, rate: Int, memory: Int? = nil
    ) throws(LabError) {
        self.context = context
        self.load = load
        self.rate = rate
        var plan = load.plan
        plan.memory = memory ?? plan.memory
        stage = try Stage(context, settings: ProductSettings(interval: interval), plan: plan)
        meter = try Meter(stage.product)
        try load.start(stage, rate: rate)
        context.record("guest_memory", Double(plan.memory), unit: "mib")
        context.note("load", load == .pages ? "\(load.rawValue), \(rate) a second" : load.rawValue)
        context.note("guest", "\(plan.type.rawValue), \(plan.vcpus) vCPU")
        context.note("machine", Self.machine(context.lab))
        context.note("link", "the lab's own network, no limit on its rate")
        if let unit = load.workUnit { context.note("work_unit", unit) }
    }

    /// Takes another guest, because the one before did not survive.
    mutating func replaceGuest() throws(LabError) {
        stage = try Stage(context, settings: ProductSettings(), plan: load.plan)
        try load.start(stage, rate: rate)
    }

    /// What the lab runs on.
    private static func machine(_ lab: Lab) -> String {
        let lines = ((try? Files.read("/proc/cpuinfo")) ?? "").split(separator: "\n")
        let processors = lines.count { $0.hasPrefix("processor") }
        let name = lines.first { $0.hasPrefix("model name") }?.split(separator: ":").last ?? " unknown"
        let emulator = (try? Command(["qemu-system-x86_64", "--version"]).run().output)?.split(separator: "\n").first
        let host = "\(lab.layout.hostMemory) MiB and \(lab.layout.hostProcessors) CPU"
        return "\(processors) x\(name); two hosts of \(host) each in software emulation, "
            + (emulator ?? "QEMU")
    }

    /// Looks at the guest for some seconds, and reports what was seen.
    func window(_ name: String, seconds: Int) throws(LabError) -> BenchWindow {
        context.step("\(name): \(seconds) s")
        let window = try BenchWindow(stage, load, meter, seconds: seconds)
        window.record(context, name)
        return window
    }

    /// Measures the floor, and reports it; the meter watches as it does while somebody protects the guest.
    func floor(rounds: Int, interval: Int) throws(LabError) -> FloorLog {
        let watching = try meter.watch(stage.guest.name, on: .xen1, seconds: rounds * interval / 1000 + 5)
        let log = try unwatchedFloor(rounds: rounds, interval: interval)
        if let pauses = FigureSummary(try watching.finish().pauses) {
            context.record("floor_seen_pause_p50", pauses.median, unit: "ms")
            context.record("floor_seen_pause_p99", pauses.p99, unit: "ms")
        }
        return log
    }

    /// Measures the floor, and reports it, with nobody watching.
    func unwatchedFloor(rounds: Int, interval: Int) throws(LabError) -> FloorLog {
        let log = try meter.floor(stage.guest.name, on: .xen1, rounds: rounds, interval: interval)
        let parts: [(String, KeyPath<FloorLog.Round, Double>)] = [
            ("pause", \.pause), ("suspend", \.suspend), ("clean", \.clean), ("copy", \.copy), ("context", \.context),
            ("resume", \.resume),
        ]
        for (name, part) in parts {
            guard let summary = log.summary(part) else { continue }
            context.record("floor_\(name)_p50", summary.median, unit: "ms")
            context.record("floor_\(name)_p99", summary.p99, unit: "ms")
        }
        if let pages = log.summary(\.pages) { context.record("floor_dirty_p50", pages.median, unit: "pages") }
        return log
    }

    /// Protects the guest with replicactl, and waits until epochs run evenly.
    func protect() throws(LabError) {
        try stage.protect()
        try stage.waitForEpochs(5)
    }

    /// What replicactl says of its epochs since the protection began, which is reported.
    @discardableResult
    func recordStatus(_ name: String) throws(LabError) -> ProductStatus.Domain {
        let domain = try stage.waitForEpochs(5)
        guard let epochs = domain.epochs else { return domain }
        let raw = Double(epochs.pages) * 4096
        context.record("\(name)_own_epochs", Double(epochs.count))
        context.record("\(name)_own_pause_p50", epochs.suspendedMillisecondsP50, unit: "ms")
        context.record("\(name)_own_pause_p99", epochs.suspendedMillisecondsP99, unit: "ms")
        context.record("\(name)_dirty_mean", Double(epochs.pages) / Double(epochs.count), unit: "pages")
        context.record("\(name)_sent_to_raw", Double(epochs.bytes) / max(1, raw), unit: "ratio")
        return domain
    }

    /// Ends replicactl's protection, and waits until nothing of it is left on either host.
    func unprotect() throws(LabError) {
        let result = try stage.product.run(.xen1, "unprotect \(stage.guest.name)")
        try context.check(result.status == 0, "replicactl unprotect: status \(result.status) \(result.errors)")
        try context.wait(until: "xen2 has no replica") { () throws(LabError) -> Bool? in
            try stage.lab.domains(on: .xen2).isEmpty ? true : nil
        }
    }

    /// Reports one figure of ours against the other's, if there are both.
    func recordRatio(_ name: String, _ ours: Double?, _ other: Double?) {
        guard let ours, let other, other > 0 else { return }
        context.record(name, ours / other, unit: "ratio")
    }
}

extension ScenarioContext {
    /// The load that was chosen.
    func load(_ usual: BenchLoad) -> BenchLoad { choice("load").flatMap(BenchLoad.init(rawValue:)) ?? usual }

    /// What `xl remus` is to send its stream through.
    var transport: PeerRemus.Transport { choice("transport").flatMap(PeerRemus.Transport.init(rawValue:)) ?? .ssh }
}

extension Scenario {
    /// The benchmarks, and what they need recorded.
    static let benchmarks: [Scenario] = [
        .benchEpochs, .benchIntervals, .benchLatency, .benchMemory, .benchTakeover, .benchIterations, .pageTrace,
    ]

    /// The words that benchmarks take.
    static let benchChoices = [
        "load": BenchLoad.allNames, "transport": PeerRemus.Transport.allCases.map(\.rawValue),
    ]
}
