extension Scenario {
    static let diskTrouble = Scenario(
        name: "disk-trouble",
        summary: "a mirror that somebody breaks, and undo logs that are too small: said, survived, protected again",
        options: ["disks": 1, "seed": 1, "seconds": 10]
    ) { context in
        var trouble = try DiskTrouble(context)
        try trouble.play()
    }
}

/// A guest whose disks are in trouble while both hosts are well.
struct DiskTrouble {
    private let context: ScenarioContext
    private var rounds: DiskRounds

    /// The smallest that replicactl takes, in MiB: fio fills it within an interval.
    private static let undoLimit = 4
    /// From one epoch's start to the next one's, in milliseconds.
    private static let interval = 2000

    /// Brings up both hosts, and protects a new guest that writes to its disks.
    init(_ context: ScenarioContext) throws(LabError) {
        self.context = context
        var settings = ProductSettings.withWitness
        settings.undoLimit = Self.undoLimit
        settings.interval = Self.interval
        rounds = try DiskRounds(context, settings: settings)
    }

    private var pair: ProtectedPair { rounds.pair }

    /// Plays the scenario.
    mutating func play() throws(LabError) {
        try rounds.settle()
        try breakMirror(on: pair.owner) { _ in }
        try breakMirror(on: pair.backup) { trouble throws(LabError) in try trouble.connectAsToldBy(trouble.pair.backup)
        }
        try overrun()
        // After all that a takeover is as good as ever.
        try rounds.failOver()
        try rounds.disks.check()
        try rounds.comeBack()
        try pair.stage.checkSame(from: pair.owner)
        try rounds.end()
    }

    /// Somebody parts DRBD: the guest is not called protected, goes on, and is protected again after the mend.
    private mutating func breakMirror(
        on host: HostName, mend: (borrowing DiskTrouble) throws(LabError) -> Void
    ) throws(LabError) {
        let owner = pair.owner
        let before = try ends(on: owner).count
        for disk in pair.stage.disks { try pair.lab.shell(host, "drbdadm disconnect \(disk)", timeout: .seconds(60)) }
        context.step("\(host): somebody has disconnected the disks")
        try context.wait(until: "the end of the protection is in the log") { () throws(LabError) in
            try ends(on: owner).count > before ? true : nil
        }
        let reasons = try ends(on: owner).dropFirst(before)
        try context.check(
            reasons.allSatisfy { Self.mirrorReasons.contains($0) }, "the log says that the mirror broke: \(reasons)")
        try rounds.disks.check()
        try mend(self)
        try rounds.settle()
        try context.check(pair.owner == owner, "the guest stayed on \(owner)")
        try pair.stage.waitUntilInSync(on: owner)
    }

    /// What somebody has parted on a backup stays so until somebody connects it again, as the command says.
    private func connectAsToldBy(_ host: HostName) throws(LabError) {
        for disk in pair.stage.disks {
            let advice = try pair.product.run(host, "disk status \(disk)").output
            try context.check(
                advice.contains("StandAlone") && advice.contains("drbdadm connect"),
                "the backup says what is wrong and what to do: \(advice)")
            try pair.lab.shell(host, "drbdadm connect \(disk)", timeout: .seconds(60))
        }
    }

    private static let mirrorReasons: Set = ["disk-mirror-unsound", "disk-mirror-failed"]

    /// The guest writes more in an interval than the backup can take notes of: checkpoints come early, or the protection
    /// ends with that reason; whichever it is, the writes go on and end.
    private mutating func overrun() throws(LabError) {
        let owner = pair.owner
        let before = try ends(on: owner).count
        let first = try epoch(on: owner)
        let start = ContinuousClock.now
        let result = try rounds.disks.measure(.sequential, seconds: context.option("seconds"))
        let intervals = (ContinuousClock.now - start).seconds * 1000 / Double(Self.interval)
        let epochs = Double(try epoch(on: owner)) - Double(first)
        let reasons = try ends(on: owner).dropFirst(before)
        context.record("writes_with_small_logs", result.throughput, unit: "mib_per_s")
        context.record("longest_write", result.longest, unit: "ms")
        context.record("undo_logs_lost", Double(reasons.count))
        context.record("epochs_an_interval", epochs / intervals)
        try context.check(
            reasons.allSatisfy { $0 == "undo-log-lost" }, "protections ended for full undo logs only: \(reasons)")
        try context.check(
            !reasons.isEmpty || epochs > 1.5 * intervals,
            "checkpoints came early: \(epochs.text(0)) in \(intervals.text(1)) intervals")
        try rounds.settle()
        try rounds.disks.check()
    }

    private func epoch(on host: HostName) throws(LabError) -> UInt64 {
        try pair.stage.wait(for: host, until: "the guest has an epoch") { _ in true }.epoch
    }

    /// Why protections of the guest ended, in order, as a host's log has it.
    private func ends(on host: HostName) throws(LabError) -> [String] {
        try pair.product.events(host).filter {
            $0.domain == pair.stage.identity && $0.before == "protected" && $0.after != "protected"
        }.compactMap(\.reason)
    }
}
