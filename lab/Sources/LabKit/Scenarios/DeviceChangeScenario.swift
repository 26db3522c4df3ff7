extension Scenario {
    static let deviceChange = Scenario(
        name: "device-change",
        summary: "an interface is attached to a protected guest and detached again: it is protected anew each time"
    ) { context in
        try DeviceChange(context).play()
    }
}

/// Devices that come and go while a guest is protected: no interface stays whose output nobody holds (safety rule 1).
struct DeviceChange {
    private let context: ScenarioContext
    private let stage: Stage

    /// Brings the stage about.
    init(_ context: ScenarioContext) throws(LabError) {
        self.context = context
        stage = try Stage(
            context, settings: ProductSettings(ownership: "safe-by-lease", reprotect: "automatic"), isNewGuest: true)
    }

    /// Plays the scenario.
    func play() throws(LabError) {
        let counter = try stage.startCounter()
        try stage.protect()
        try stage.setWriteRate(200)
        let before = try stage.waitForEpochs(5)
        try context.check(try heldInterfaces() == 1, "one interface is held")
        try change("xl network-attach \(stage.guest.name) bridge=xenbr0 mac=00:16:3e:77:00:51", after: before)
        let between = try stage.waitForEpochs(5)
        try context.check(try heldInterfaces() == 2, "both interfaces are held")
        try change("xl network-detach \(stage.guest.name) 1", after: between)
        try stage.waitForEpochs(5)
        try context.check(try heldInterfaces() == 1, "one interface is held")
        _ = try stage.finish(counter: counter)
        try stage.checkMemory()
        let ended = try stage.product.run(.xen1, "unprotect \(stage.guest.name)")
        try context.check(ended.status == 0, "the protection ends in good order: \(ended.errors)")
    }

    /// Does something to the guest's devices, and waits until a new protection has followed.
    private func change(_ command: String, after before: ProductStatus.Domain) throws(LabError) {
        let start = WallClock.now
        try stage.lab.shell(.xen1, command, timeout: .seconds(60))
        context.mark(command, at: start)
        try stage.wait(for: .xen1, until: "it is protected anew") {
            $0.state == "protected" && $0.generation > before.generation
        }
        context.mark("protected anew")
        let reasons = try stage.product.events(.xen1).filter {
            $0.domain == stage.identity && $0.generation == before.generation
        }.map(\.reason)
        try context.check(reasons.contains("devices-changed"), "xen1 says why: \(reasons.suffix(4))")
    }

    /// How many buffers of the controller are on xen1.
    private func heldInterfaces() throws(LabError) -> Int {
        try stage.lab.shell(.xen1, "ip -br link").split(separator: "\n").count { $0.hasPrefix("rc") }
    }
}
