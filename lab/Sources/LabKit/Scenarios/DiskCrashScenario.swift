extension Scenario {
    static let diskCrash = Scenario(
        name: "disk-crash",
        summary: "a host dies in the middle of a barrier, a commit or a rollback; the disks agree afterwards",
        options: DiskRounds.guestOptions.merging(["rate": 60]) { $1 },
        choices: ["moment": DiskMoment.allCases.map(\.rawValue)]
    ) { context in
        var crash = try DiskCrash(context)
        // The last of them takes the guest with it.
        for moment in DiskMoment.allCases
        where context.choice("moment").map({ $0 == moment.rawValue }) ?? true {
            context.step("moment: \(moment.rawValue)")
            try crash.play(moment)
        }
        try crash.end()
    }
}

/// A guest with disks one of whose hosts dies at a chosen moment.
struct DiskCrash {
    private let context: ScenarioContext
    private var rounds: DiskRounds
    private var hasGuest = true

    /// Brings up both hosts, with a build that can die at its moments, and protects a new guest that writes.
    init(_ context: ScenarioContext) throws(LabError) {
        self.context = context
        rounds = try DiskRounds(context, settings: .withPatience, build: .planted)
        try rounds.disks.setRate(context.option("rate"))
    }

    private var lab: Lab { context.lab }

    /// Plays a moment.
    mutating func play(_ moment: DiskMoment) throws(LabError) {
        try rounds.settle()
        switch moment {
        case .primaryBarrier:
            let host = rounds.pair.owner
            try die(host, at: moment)
            try rounds.takeOver(from: host)
            try rounds.disks.check()
            try rounds.comeBack()
        case .backupBarrier, .backupCommit:
            try die(rounds.pair.backup, at: moment)
            try rounds.pair.waitUntilAlone()
            try rounds.disks.check()
            try rounds.comeBack()
            // What the crash left behind must not be in the way of the next failover.
            try rounds.failOver()
            try rounds.disks.check()
            try rounds.comeBack()
        case .backupRollback:
            hasGuest = false
            return try dieInRollback()
        }
        try rounds.pair.stage.checkSame(from: rounds.pair.owner)
    }

    /// Leaves the guest, if it lives, unprotected for whoever uses the lab next.
    mutating func end() throws(LabError) {
        if hasGuest { try rounds.end() }
    }

    private func die(_ host: HostName, at moment: DiskMoment) throws(LabError) {
        try moment.arm(on: host, in: lab)
        try waitForDeath(of: host)
        context.mark("\(host) died at \(moment.rawValue)")
    }

    private func waitForDeath(of host: HostName) throws(LabError) {
        try context.wait(until: "\(host) is dead") { () throws(LabError) -> Bool? in
            lab.power(of: host) == .off ? true : nil
        }
    }

    /// Both hosts die, and with them the guest's memory: what is left is a disk that must be of one moment, and have
    /// all that was acknowledged.
    private mutating func dieInRollback() throws(LabError) {
        // Its guest will be dead when it ends.
        let client = try rounds.pair.stage.startDatabase(patience: 20)
        try client.waitForProgress(5)
        let (host, heir) = (rounds.pair.owner, rounds.pair.backup)
        try DiskMoment.backupRollback.arm(on: heir, in: lab)
        try rounds.cutPowerAhead()
        try waitForDeath(of: heir)
        context.mark("\(heir) died at \(DiskMoment.backupRollback.rawValue)")
        let promised = try client.finish().acknowledged ?? 0
        context.note("promised", "\(promised) transactions")

        for host in [heir, host] { try lab.powerOn(host) }
        try rounds.pair.product.waitUntilPaired()
        for disk in rounds.pair.stage.disks {
            try lab.waitForDisk(disk, on: heir, "in sync") { $0.isInSync }
            try lab.shell(heir, "drbdadm primary \(disk)", timeout: .seconds(60))
        }
        let stage = try Stage(after: rounds.pair.stage, newGuestOn: heir)
        try stage.guestDisks.open()
        let again = try stage.startDatabase()
        try again.waitForProgress(10)
        _ = try DiskDatabase.check(again, after: promised, context)
        // The new guest's verifier knows nothing of the old one's lanes.
        try stage.guestDisks.fill()
        try stage.checkSame(from: heir)
    }
}
