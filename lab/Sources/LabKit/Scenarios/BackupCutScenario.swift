extension Scenario {
    static let backupCut = Scenario(
        name: "backup-cut", summary: "the backup's power goes; the guest serves on, and is protected again later"
    ) { context in
        let stage = try Stage(context)
        let counter = try stage.startCounter()
        try stage.protect()
        try stage.setWriteRate(500)
        stage.record(try stage.waitForEpochs(20))

        let cut = WallClock.now
        try stage.lab.cutPower(.xen2)
        context.mark("power cut at the backup", at: cut, isOrigin: true)
        let alone = try stage.wait(for: .xen1, until: "xen1 goes on unprotected") { $0.state == "unprotected" }
        context.note("xen1", alone.text)
        try context.check(alone.unprotectedSince != nil, "xen1 says since when: \(alone.unprotectedSince ?? "never")")
        try context.check(
            ["peer-dead", "connection-lost", "acknowledge-timeout"].contains(alone.reason?.code ?? ""),
            "xen1 says why: \(alone.reason?.code ?? "nothing")")
        let clock = try stage.lab.clockOffset(of: .xen1)
        if let since = alone.unprotectedSince.flatMap(ProductStatus.nanoseconds) {
            context.mark("xen1: unprotected", at: clock.labTime(ofHost: since))
        }
        try counter.waitForProgress(200)
        try stage.checkMemory()

        try stage.lab.powerOn(.xen2)
        context.mark("power back at the backup")
        try stage.product.waitUntilPaired()
        try stage.protect()
        context.mark("protected again")
        let again = try stage.waitForEpochs(10)
        try context.check(again.generation > alone.generation, "a new generation: \(again.generation)")
        try context.check(again.unprotectedSince == nil, "xen1 says nothing of unprotected any more")
        let counted = try stage.finish(counter: counter)
        if let silence = counted.silence(after: cut), let end = silence.firstByteAfter {
            context.mark("first byte at the client", at: end)
            context.record("counter_silence", Double(silence.duration) / 1e6, unit: "ms")
        }
        try stage.checkMemory()
    }
}
