extension Scenario {
    static let cablePullLan = Scenario(
        name: "cable-pull-lan", summary: "the primary's lan cable is pulled; the guest moves, and sessions live on"
    ) { context in
        try CablePull(context, [.lan]).playMove(reasons: ["handed-over"])
    }

    static let cablePullReplication = Scenario(
        name: "cable-pull-repl", summary: "the replication cable is pulled; the guest stays, unprotected"
    ) { context in
        try CablePull(context, [.repl]).playStay()
    }

    static let cablePullBoth = Scenario(
        name: "cable-pull-both", summary: "both cables are pulled; the guest moves once the lease is over"
    ) { context in
        try CablePull(context, NetworkName.cables).playMove(reasons: ["primary-dead", "handed-over"])
    }

    static let cablePull = Scenario(
        name: "cable-pull", summary: "cable-pull-lan, cable-pull-repl and cable-pull-both, one after the other"
    ) { context in
        for scenario in [cablePullReplication, cablePullLan, cablePullBoth] {
            context.step(scenario.summary)
            try scenario.play(context)
            context.finish()
        }
    }
}

/// Pulled cables of the primary: at no time do both hosts let the guest's output out (safety rule 2).
struct CablePull {
    /// The MAC address of xen1's bridge, as `lab/host` sets it.
    private static let ownAddress = "52:54:00:77:01:01"

    private let context: ScenarioContext
    private let stage: Stage
    private let cables: [NetworkName]
    private let counter: GuestClient
    private let session: GuestClient
    private let first: Capture
    private let second: Capture

    /// Brings the stage about, opens both connections, and protects the guest.
    init(_ context: ScenarioContext, _ cables: [NetworkName]) throws(LabError) {
        self.context = context
        self.cables = cables
        stage = try Stage(context)
        counter = try stage.startCounter()
        session = try stage.startSession()
        first = try stage.startCapture(.xen1)
        second = try stage.startCapture(.xen2)
        try stage.protect()
        try stage.setWriteRate(500)
        try stage.waitForEpochs(10)
    }

    private var name: String { cables.map(\.rawValue).joined(separator: " and ") }

    /// The guest must come to live on xen2.
    ///
    /// - Parameter reasons: The reasons that xen2 may have for its activation.
    /// - Throws: ``LabError``.
    func playMove(reasons: [String]) throws(LabError) {
        let pulled = try pull()
        let moved = try stage.wait(for: .xen2, until: "xen2 runs the guest") { $0.state == "active" }
        context.note("xen2_\(label)", moved.text)
        try context.check(
            reasons.contains(moved.reason?.code ?? ""), "xen2 says why: \(moved.reason?.code ?? "nothing")")
        let clock = try stage.lab.clockOffset(of: .xen2)
        if let activated = moved.takeover?.activated {
            context.mark("xen2: activated", at: clock.labTime(ofHost: activated))
        }
        try counter.waitForProgress(100)
        try stage.checkMemory()
        if let held = try stage.domain(on: .xen1) {
            context.note("xen1_\(label)_while_pulled", held.text)
            try context.check(
                ["holding", "standing-down"].contains(held.state), "xen1 lets nothing out meanwhile: \(held.text)")
        }
        let plugged = try plug()
        try stage.product.waitUntilPaired()
        try counter.waitForProgress(100)
        try stage.checkOneOwner(first, second)
        try context.wait(until: "xen1 has destroyed its copy") { () throws(LabError) in
            try stage.lab.domains(on: .xen1).isEmpty ? true : nil
        }
        context.mark("xen1: its copy is destroyed")
        let old = try stage.domain(on: .xen1)
        context.note("xen1_\(label)", old?.text ?? "nothing")
        try context.check(
            old?.state == "standing-down" && old?.reason != nil, "xen1 explains itself: \(old?.text ?? "nothing")")
        try stage.product.waitUntilPaired()
        let counted = try finish(pulled)
        if let end = counted.silence(after: pulled)?.firstByteAfter {
            context.mark("first byte at the client", at: end)
        }
        try stage.checkOneOwner(first, second)
        if cables.contains(.lan) {
            let own = try first.frames(from: Self.ownAddress).filter { $0.time > plugged }
            try context.check(!own.isEmpty, "the capture at xen1 went on after the cable was back: \(own.count) frames")
        }
        try context.check(try stage.domain(on: .xen2)?.state == "active", "xen2 keeps the guest")
        try stage.checkMemory()
    }

    /// The guest must stay where it is.
    func playStay() throws(LabError) {
        let pulled = try pull()
        let alone = try stage.wait(for: .xen1, until: "xen1 goes on unprotected") { $0.state == "unprotected" }
        context.note("xen1_\(label)", alone.text)
        context.mark("xen1: unprotected")
        try context.check(alone.reason != nil && alone.unprotectedSince != nil, "xen1 says why and since when")
        // As long as a lease and its margin take, and more.
        try counter.waitForProgress(400)
        try checkBackupIsIdle()
        try plug()
        try stage.product.waitUntilPaired()
        try checkBackupIsIdle()
        let kept = try stage.domain(on: .xen1)
        try context.check(kept?.state == "unprotected", "xen1 keeps the guest: \(kept?.text ?? "nothing")")
        _ = try finish(pulled)
        let leaked = try second.frames(from: stage.guest.macAddress)
        try context.check(leaked.isEmpty, "xen2 sent \(leaked.count) frames of the guest")
        try stage.checkMemory()
        try stage.protect()
        try stage.waitForEpochs(5)
    }

    private var label: String { cables.map(\.rawValue).joined(separator: "_") }

    private func pull() throws(LabError) -> UInt64 {
        let time = WallClock.now
        for cable in cables { try stage.lab.setLink(.xen1, cable, .down) }
        context.mark("xen1: \(name) pulled", at: time, isOrigin: true)
        return time
    }

    @discardableResult
    private func plug() throws(LabError) -> UInt64 {
        for cable in cables { try stage.lab.setLink(.xen1, cable, .up) }
        let time = WallClock.now
        context.mark("xen1: \(name) plugged in", at: time)
        return time
    }

    private func checkBackupIsIdle() throws(LabError) {
        let replica = try stage.domain(on: .xen2)
        try context.check(
            replica.map { !["active", "activating"].contains($0.state) } ?? true,
            "xen2 does not run the guest: \(replica?.text ?? "nothing")")
        let names = try stage.lab.domains(on: .xen2)
        try context.check(!names.contains(stage.guest.name), "xl list on xen2 does not show it: \(names)")
    }

    private func finish(_ pulled: UInt64) throws(LabError) -> ClientReport {
        let counted = try stage.finish(counter: counter)
        let talked = try stage.finish(session: session)
        for (name, report) in [("counter", counted), ("session", talked)] {
            if let silence = report.silence(after: pulled) {
                context.record("\(label)_\(name)_silence", Double(silence.duration) / 1e6, unit: "ms")
            }
        }
        for capture in [first, second] { capture.stop() }
        return counted
    }
}
