import Foundation

extension Scenario {
    static let benchTakeover = Scenario(
        name: "bench-takeover",
        summary:
            "the primary's power goes under replicactl, and under `xl remus`: how soon the guest runs and is heard",
        options: ["rate": 500, "patience": 30],
        choices: ["transport": PeerRemus.Transport.allCases.map(\.rawValue)]
    ) { context in
        try TakeoverBench(context: context).play()
    }
}

/// Two power cuts in one run.
struct TakeoverBench {
    let context: ScenarioContext

    /// Plays the scenario.
    func play() throws(LabError) {
        let ours = try measureOurs()
        let theirs = try measureTheirs()
        context.record("activation_ours_to_xl", ours / theirs, unit: "ratio")
    }

    /// - Returns: From the decision until the guest ran, in milliseconds.
    private func measureOurs() throws(LabError) -> Double {
        let bench = try Bench(context, .pages, interval: 200, rate: context.option("rate"))
        let stage = bench.stage
        let counter = try stage.startCounter()
        try bench.protect()
        let cut = WallClock.now
        try stage.lab.cutPower(.xen1)
        let domain = try stage.wait(for: .xen2, until: "xen2 runs the guest") { $0.state == "active" }
        let report = try stage.finish(counter: counter)
        guard let takeover = domain.takeover, let activated = takeover.activated,
            let firstByte = report.silence(after: cut)?.firstByteAfter
        else { throw LabError(.checkFailed, attempt: "confirm", outcome: "the takeover has all its times: \(domain)") }
        // Both on xen2's clock.
        let activation = Self.milliseconds(takeover.decided, activated)
        context.record("ours_decided_to_running", activation, unit: "ms")
        context.record("ours_cut_to_first_byte", Self.milliseconds(cut, firstByte), unit: "ms")
        try stage.checkMemory()
        return activation
    }

    /// - Returns: From the end of the connection, which is ended by hand, until the guest ran, in milliseconds.
    private func measureTheirs() throws(LabError) -> Double {
        let bench = try Bench(context, .pages, interval: 200, rate: context.option("rate"))
        let stage = bench.stage
        let counter = try stage.startCounter()
        let peer = PeerRemus(stage: stage, transport: context.transport)
        context.note("xl_transport", peer.transport.rawValue)
        try peer.start(interval: 200, bench.meter)
        let cut = WallClock.now
        try stage.lab.cutPower(.xen1)
        let patience = context.option("patience")
        let waiting = try bench.meter.watch(peer.replica, on: .xen2, seconds: patience).finish()
        let ranAlone = waiting.firstRun(after: 0) != nil
        context.note(
            "xl_without_help", ranAlone ? "took over within \(patience) s" : "did nothing for \(patience) s")
        let watching = try bench.meter.watch(peer.replica, on: .xen2, seconds: 60)
        // The meter is at work before the connection ends.
        Foundation.Thread.sleep(forTimeInterval: 2)
        let ended = try peer.endConnection()
        let seen = try watching.finish()
        guard let ran = seen.firstRun(after: ended) else {
            throw LabError(
                .checkFailed, attempt: "see xl's replica run", outcome: "\(seen.changes.map(\.state)) within a minute")
        }
        let activation = Self.milliseconds(ended, ran)
        context.record("xl_decided_to_running", activation, unit: "ms")
        let clock = try stage.lab.clockOffset(of: .xen2)
        let report = try counter.finish()
        if let firstByte = report.silence(after: cut)?.firstByteAfter {
            context.record(
                "xl_help_to_first_byte", Self.milliseconds(clock.labTime(ofHost: ended), firstByte), unit: "ms")
            context.record("xl_cut_to_first_byte_with_help", Self.milliseconds(cut, firstByte), unit: "ms")
        } else {
            context.note("xl_connection", "the client's connection did not go on")
        }
        return activation
    }

    private static func milliseconds(_ from: UInt64, _ to: UInt64) -> Double {
        Double(Int64(to) - Int64(from)) / 1e6
    }
}
