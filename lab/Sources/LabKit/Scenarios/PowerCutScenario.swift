extension Scenario {
    static let powerCut = Scenario(
        name: "power-cut", summary: "the primary's power goes; the guest lives on at the backup, with its connections",
        options: ["epochs": 20, "scripts": 0]
    ) { context in
        try PowerCut(context).play()
    }
}

/// A failover: what the guest's clients notice of their host's death.
struct PowerCut {
    private let context: ScenarioContext
    private let stage: Stage

    /// Brings the stage about.
    init(_ context: ScenarioContext) throws(LabError) {
        self.context = context
        stage = try Stage(
            context, settings: ProductSettings(hotplug: context.option("scripts") == 0 ? "direct" : "scripts"))
    }

    /// Plays the scenario.
    ///
    /// - Parameter comesBack: Whether the host that died is to come back at the end.
    /// - Throws: ``LabError``.
    func play(comesBack: Bool = true) throws(LabError) {
        try stage.setWriteRate(500)
        let onlookers = try Onlookers(stage)
        let beforeProtect = WallClock.now
        try stage.protect()
        context.mark("protect begins", at: beforeProtect)
        context.mark("protected: the first checkpoint is acknowledged")
        let before = try stage.waitForEpochs(UInt64(context.option("epochs")))
        stage.record(before)
        let shown = try stage.product.statusByCommand(.xen1).domain(stage.identity)
        try context.check(shown?.state == "protected", "replicactl status --json shows it: \(shown?.text ?? "nothing")")

        let cut = WallClock.now
        try stage.lab.cutPower(.xen1)
        context.mark("power cut", at: cut, isOrigin: true)
        let after = try stage.wait(for: .xen2, until: "xen2 runs the guest") { $0.state == "active" }
        context.note("xen2", after.text)
        let (counted, talked) = try onlookers.checkTakeover()
        let clock = try stage.lab.clockOffset(of: .xen2)
        try context.check(
            after.epoch >= before.epoch, "it runs on from epoch \(after.epoch), not below \(before.epoch)")
        try report(cut: cut, after, clock, counted, talked)
        conclude(before, counted, talked, cut)
        if comesBack { try rejoin() }
    }

    private func report(
        cut: UInt64, _ domain: ProductStatus.Domain, _ clock: ClockOffset, _ counted: ClientReport,
        _ talked: ClientReport
    ) throws(LabError) {
        guard let takeover = domain.takeover, let activated = takeover.activated,
            let silence = counted.silence(after: cut), let firstByte = silence.firstByteAfter
        else {
            throw LabError(.checkFailed, attempt: "confirm", outcome: "the takeover has all its times: \(domain)")
        }
        context.record("clock_uncertainty", Double(clock.uncertainty) / 1e6, unit: "ms")
        let steps: [(String, UInt64?)] = [
            ("primary last heard", takeover.lastHeard), ("detected", takeover.decided),
            ("disks taken", takeover.disksTaken), ("assembled", takeover.assembled),
            ("restored", takeover.restored), ("recorded", takeover.recorded),
            ("activated", activated), ("announced", takeover.announced),
        ]
        for (name, time) in steps {
            if let time { context.mark(name, at: clock.labTime(ofHost: time)) }
        }
        context.mark("last byte at the client", at: silence.start)
        context.mark("first byte at the client", at: firstByte)
        let span = { (from: UInt64, to: UInt64) in Double(Int64(to) - Int64(from)) / 1e6 }
        let decided = clock.labTime(ofHost: takeover.decided)
        let running = clock.labTime(ofHost: activated)
        context.record("cut_to_detected", span(cut, decided), unit: "ms")
        context.record("detected_to_activated", span(decided, running), unit: "ms")
        // What this project does itself in place of Xen's scripts is between these two.
        if let assembled = takeover.assembled, let restored = takeover.restored {
            context.record("detected_to_assembled", span(takeover.decided, assembled), unit: "ms")
            context.record("assembled_to_restored", span(assembled, restored), unit: "ms")
        }
        context.record("activated_to_first_byte", span(running, firstByte), unit: "ms")
        context.record("cut_to_first_byte", span(cut, firstByte), unit: "ms")
        if let announced = takeover.announced {
            context.record("cut_to_announced", span(cut, clock.labTime(ofHost: announced)), unit: "ms")
        }
        context.record("counter_silence", Double(silence.duration) / 1e6, unit: "ms")
        if let session = talked.silence(after: cut) {
            context.record("session_silence", Double(session.duration) / 1e6, unit: "ms")
        }
        try context.check(takeover.announced != nil, "the guest's new place was announced")
    }

    private func conclude(
        _ domain: ProductStatus.Domain, _ counted: ClientReport, _ talked: ClientReport, _ cut: UInt64
    ) {
        let seconds = { (report: ClientReport) in (Double(report.silence(after: cut)?.duration ?? 0) / 1e9).text(1) }
        if let epochs = domain.epochs {
            context.conclude(
                "\(epochs.count) epochs with \(epochs.pages) pages in \(epochs.bytes / 1024) KiB were sent before the cut"
            )
        }
        context.conclude(
            "the client's TCP connection went on: \(counted.lines ?? 0) numbers, \(counted.gaps ?? 0) missing, "
                + "\(counted.backwardSteps ?? 0) steps back; it was silent for \(seconds(counted)) s")
        context.conclude(
            "its ssh session stayed up: \(talked.answered ?? 0) answers, \(talked.wrong ?? 0) wrong; it was silent for "
                + "\(seconds(talked)) s")
    }

    /// The host that died comes back, and leaves the guest where it is.
    private func rejoin() throws(LabError) {
        try stage.bringBack(.xen1)
        let domain = try stage.domain(on: .xen2)
        try context.check(domain?.state == "active", "xen2 keeps the guest: \(domain?.text ?? "nothing")")
        try stage.checkMemory()
        context.mark("xen1 is back and leaves the guest where it is")
    }
}
