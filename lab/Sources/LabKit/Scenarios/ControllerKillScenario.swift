extension Scenario {
    static let controllerKill = Scenario(
        name: "controller-kill", summary: "kill -9 of a controller; the guest lives, and nothing leaks meanwhile"
    ) { context in
        try ControllerKill(context).play()
    }
}

/// Kills the primary's controller, then the backup's.
struct ControllerKill {
    /// How long frames that were released before the kill may take to the tap, in nanoseconds.
    private static let drain: UInt64 = 300_000_000

    private let context: ScenarioContext
    private let stage: Stage

    /// Brings the stage about.
    init(_ context: ScenarioContext) throws(LabError) {
        self.context = context
        stage = try Stage(context)
    }

    /// Plays the scenario.
    func play() throws(LabError) {
        let counter = try stage.startCounter()
        let capture = try stage.startCapture(.xen1)
        try stage.protect()
        try stage.setWriteRate(500)
        try stage.waitForEpochs(10)
        let killed = try killPrimary()
        let after = try stage.wait(for: .xen1, until: "the restarted controller lets the guest go on") {
            $0.state == "unprotected"
        }
        context.note("xen1", after.text)
        try context.check(
            after.unprotectedSince != nil, "xen1 says since when: \(after.unprotectedSince ?? "never")")
        try counter.waitForProgress(100)
        try checkNoLeak(capture, killed, after)
        try checkBackupIsClean()
        try stage.protect()
        try stage.waitForEpochs(10)
        try killBackup()
        try counter.waitForProgress(100)
        let counted = try stage.finish(counter: counter)
        if let silence = counted.silence(after: killed.lowerBound) {
            context.record("counter_silence", Double(silence.duration) / 1e6, unit: "ms")
        }
        try stage.checkMemory()
    }

    /// Kills xen1's controller.
    ///
    /// - Returns: The span in which it died, in nanoseconds since 1970 of this machine's clock.
    private func killPrimary() throws(LabError) -> Range<UInt64> {
        let process = try stage.product.process(.controller, .xen1)
        let before = WallClock.now
        try stage.lab.shell(.xen1, "kill -KILL \(process)")
        let after = WallClock.now
        context.mark("xen1: controller killed", at: before, isOrigin: true)
        let restarted = try context.wait(until: "systemd has started the controller again") {
            () throws(LabError) -> Int? in
            guard let now = try? stage.product.process(.controller, .xen1), now != process else { return nil }
            return now
        }
        context.mark("xen1: controller runs again")
        try context.check(restarted != process, "a new controller runs: process \(restarted) after \(process)")
        return before..<after
    }

    /// Nothing may leave from the kill on until the restarted controller says that the guest runs unprotected: what was
    /// held then was never acknowledged (safety rule 1).
    private func checkNoLeak(
        _ capture: Capture, _ killed: Range<UInt64>, _ domain: ProductStatus.Domain
    ) throws(LabError) {
        let clock = try stage.lab.clockOffset(of: .xen1)
        guard let since = domain.unprotectedSince.flatMap(ProductStatus.nanoseconds) else {
            throw LabError(.checkFailed, attempt: "confirm", outcome: "xen1 says since when it is unprotected")
        }
        let opened = clock.labTime(ofHost: since)
        context.mark("xen1: output opened", at: opened)
        context.record("killed_to_opened", Double(Int64(opened) - Int64(killed.lowerBound)) / 1e6, unit: "ms")
        let from = killed.upperBound + Self.drain
        // The status has whole milliseconds, and clocks are compared with an error.
        let to = opened - UInt64(clock.uncertainty) - 2_000_000
        try context.check(from < to, "the window is open for \(Double(Int64(to) - Int64(from)) / 1e6) ms")
        let leaked = OutputChecks.frames(try capture.frames(from: stage.guest.macAddress), in: from..<max(from, to))
        try context.check(leaked.isEmpty, "\(leaked.count) frames left while no controller ruled the output")
    }

    private func checkBackupIsClean() throws(LabError) {
        try context.wait(until: "xen2 has given its replica up") { () throws(LabError) in
            try stage.lab.domains(on: .xen2).isEmpty ? true : nil
        }
    }

    private func killBackup() throws(LabError) {
        let process = try stage.product.process(.controller, .xen2)
        try stage.lab.shell(.xen2, "kill -KILL \(process)")
        context.mark("xen2: controller killed")
        let alone = try stage.wait(for: .xen1, until: "xen1 goes on unprotected") { $0.state == "unprotected" }
        context.mark("xen1: unprotected")
        context.note("xen1_without_xen2", alone.text)
        try context.check(alone.reason != nil, "xen1 says why: \(alone.reason?.code ?? "nothing")")
        try checkBackupIsClean()
    }
}
