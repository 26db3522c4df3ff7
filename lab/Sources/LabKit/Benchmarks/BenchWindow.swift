/// What was seen of the guest over a while, whoever protects it.
struct BenchWindow: Sendable {
    /// When the guest stood still.
    let watch: WatchLog
    /// How long answers took.
    let latency: LatencyProbe.Report
    /// The guest's work a second; `nil` without any.
    let work: Double?
    /// What Dom0 used of the processor, in percent.
    let controlPercent: Double?
    /// What the guest used of it, in percent.
    let guestPercent: Double?
    /// Bytes a second that the host sent on the replication network.
    let sentPerSecond: Double

    /// The pauses in a few figures; `nil` if there were none.
    var pauses: FigureSummary? { FigureSummary(watch.pauses) }

    /// Looks at a guest for some seconds.
    ///
    /// - Parameters:
    ///   - stage: Where the guest is: on xen1.
    ///   - load: What it does.
    ///   - meter: The meter.
    ///   - seconds: How long.
    /// - Throws: ``LabError``.
    init(_ stage: Stage, _ load: BenchLoad, _ meter: Meter, seconds: Int) throws(LabError) {
        let probe = try LatencyProbe(load, stage)
        let before = try Self.usage(stage)
        let begin = WallClock.now
        let done = try load.count(stage)
        // An answer of a protected guest is late, but it is made when the question comes.
        let watching = try meter.watch(stage.guest.name, on: .xen1, seconds: seconds)
        watch = try watching.finish()
        let end = WallClock.now
        let doneThen = try load.count(stage)
        let after = try Self.usage(stage)
        latency = try probe.finish()
        if let done, let doneThen {
            work = (doneThen - done) / (Double(end - begin) / 1e9)
        } else {
            work = load.workUnit == nil ? nil : latency.answersPerSecond
        }
        controlPercent = after.percent("Domain-0", since: before)
        guestPercent = after.percent(stage.guest.name, since: before)
        sentPerSecond = after.sentPerSecond(since: before)
    }

    private static func usage(_ stage: Stage) throws(LabError) -> HostUsage {
        let output = try stage.lab.shell(.xen1, "bash -c \(Lab.quoted(HostUsage.script))", timeout: .seconds(60))
        guard let usage = HostUsage(output) else {
            throw LabError(.commandFailed, attempt: "read what xen1 has used", outcome: output)
        }
        return usage
    }

    /// Reports all of it.
    ///
    /// - Parameters:
    ///   - context: The scenario's context.
    ///   - name: Who protected the guest; begins the figures' names.
    func record(_ context: ScenarioContext, _ name: String) {
        context.record("\(name)_epochs", watch.epochsPerSecond, unit: "per_s")
        if let pauses {
            context.record("\(name)_pause_count", Double(watch.pauses.count))
            context.record("\(name)_pause_p50", pauses.median, unit: "ms")
            context.record("\(name)_pause_p99", pauses.p99, unit: "ms")
            context.record("\(name)_pause_max", pauses.max, unit: "ms")
            context.record("\(name)_suspended", watch.suspendedShare * 100, unit: "percent")
        }
        if let work { context.record("\(name)_work", work, unit: "per_s") }
        latency.record(context, name)
        if let controlPercent { context.record("\(name)_dom0_cpu", controlPercent, unit: "percent") }
        if let guestPercent { context.record("\(name)_guest_cpu", guestPercent, unit: "percent") }
        context.record("\(name)_sent", sentPerSecond, unit: "bytes_per_s")
    }
}
