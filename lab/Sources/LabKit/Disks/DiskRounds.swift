import Foundation

/// A protected guest with disks whose hosts lose their power one after the other, at random moments.
struct DiskRounds {
    private let context: ScenarioContext
    /// The guest and its hosts.
    private(set) var pair: ProtectedPair
    private var moments: SplitMix
    private var number = 0

    /// How long after an epoch a host dies at the latest, in milliseconds: a few epochs.
    private static let latest: UInt64 = 1500
    /// How far a host's disks get ahead of its memory before the power goes, in KiB.
    private static let aheadKibibytes = 64

    /// Options of all scenarios with such a guest: its disks, and what decides the moments.
    static let guestOptions = ["disks": 1, "seed": 1]
    /// The same for scenarios that play rounds.
    static func options(rounds: Int) -> [String: Int] { guestOptions.merging(["rounds": rounds]) { $1 } }

    /// Brings up both hosts with new disks, and protects a new guest.
    ///
    /// - Parameters:
    ///   - context: The scenario's context, with ``options(rounds:)``.
    ///   - settings: The configuration of replicactl.
    ///   - build: What it is built with.
    /// - Throws: ``LabError``.
    init(
        _ context: ScenarioContext, settings: ProductSettings = .withWitness, build: Product.Build = .release
    ) throws(LabError) {
        self.context = context
        moments = SplitMix(seed: UInt64(context.option("seed")))
        pair = try ProtectedPair(
            context, settings, build: build, disks: MirroredDisk.first(context.option("disks")))
    }

    /// The guest's disks as the guest uses them.
    var disks: GuestDisks { pair.stage.guestDisks }

    /// Plays as many rounds as were asked for, and leaves the guest unprotected for whoever uses the lab next.
    ///
    /// - Parameter round: What is to happen in a round.
    /// - Throws: ``LabError`` that names the round.
    mutating func play(_ round: (inout DiskRounds) throws(LabError) -> Void) throws(LabError) {
        for next in 1...context.option("rounds") {
            number = next
            context.step("round \(number)")
            do { try round(&self) } catch {
                throw LabError(
                    error.cause, attempt: error.attempt, outcome: "\(error.outcome) [round \(number)]",
                    remedy: error.remedy)
            }
        }
        try end()
    }

    /// Demands that the guest itself came through, and ends its protection.
    mutating func end() throws(LabError) {
        try pair.stage.checkMemory()
        try pair.endSession()
        let result = try pair.product.run(pair.owner, "unprotect \(pair.guest.name)")
        try context.check(result.status == 0, "unprotect: status \(result.status) \(result.errors)")
    }

    /// Waits until the guest is protected and some epochs have gone by.
    mutating func settle() throws(LabError) {
        pair.owner = try pair.waitUntilProtected().owner
        try pair.stage.wait(for: pair.owner, until: "some epochs are acknowledged") { ($0.epochs?.count ?? 0) >= 5 }
    }

    /// Cuts the power of the host that has the guest, at a random moment; the other must take it over.
    ///
    /// The dead host boots already when this returns, for ``comeBack()``.
    mutating func failOver() throws(LabError) {
        try settle()
        Thread.sleep(forTimeInterval: Double(moments.next() % Self.latest) / 1000)
        let start = ContinuousClock.now
        let (host, heir) = (pair.owner, pair.backup)
        let cut = WallClock.now
        try pair.lab.cutPower(host)
        try takeOver(from: host)
        let times = FaultTimes(
            events: try pair.product.events(heir), identity: pair.stage.identity,
            clock: try pair.lab.clockOffset(of: heir), began: cut)
        var figures: [String: Double] = [:]
        for (name, time) in times.steps { figures["cut_to_\(name)_ms"] = Double(Int64(time) - Int64(cut)) / 1e6 }
        context.add(
            TrialReport(
                number: number, fault: "power-cut-primary", before: host, after: heir,
                seconds: (ContinuousClock.now - start).seconds, figures: figures, timeline: []))
        try pair.lab.beginPowerOn(host)
    }

    /// Cuts the power of the host that has the guest while the other's disks are ahead of its memory.
    ///
    /// Why it is sure: what is written after an acknowledgement belongs to the next epoch, which is long, and which the
    /// backup does not commit while its controller is stopped. It must be taken back, whenever the power goes.
    mutating func cutPowerAhead() throws(LabError) {
        let (host, heir) = (pair.owner, pair.backup)
        let controller = try pair.product.process(.controller, heir)
        let start = try pair.domain(on: host)?.epoch ?? 0
        try context.wait(until: "the next epoch is acknowledged", pause: .milliseconds(20)) { () throws(LabError) in
            try pair.domain(on: host).flatMap { $0.epoch > start ? true : nil }
        }
        let before = try written(on: heir)
        try pair.lab.shell(heir, "kill -STOP \(controller)")
        context.step("\(heir): the controller is stopped")
        defer { _ = try? pair.lab.shell(heir, "kill -CONT \(controller)") }
        let after = try context.wait(until: "the guest has written to its disks") { () throws(LabError) -> Int? in
            let now = try written(on: heir)
            return now >= before + Self.aheadKibibytes ? now : nil
        }
        try pair.lab.cutPower(host)
        context.record("written_ahead", Double(after - before), unit: "KiB")
    }

    /// What was written to a host's disks, in KiB.
    private func written(on host: HostName) throws(LabError) -> Int {
        var sum = 0
        for disk in pair.stage.disks { sum += try pair.lab.diskState(disk, on: host)?.written ?? 0 }
        return sum
    }

    /// Waits until the other host has taken the guest over from one that is dead.
    mutating func takeOver(from host: HostName) throws(LabError) {
        try pair.waitUntilOwned(by: host.peer)
        pair.owner = host.peer
        context.step("\(host.peer) runs the guest")
    }

    /// Brings back the host that died, and waits until the disks are in sync and the guest is protected again.
    mutating func comeBack() throws(LabError) {
        try pair.lab.powerOn(pair.backup)
        pair.owner = try pair.waitUntilProtected().owner
        try pair.stage.waitUntilInSync(on: pair.owner)
    }
}
