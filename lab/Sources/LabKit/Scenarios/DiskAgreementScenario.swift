extension Scenario {
    static let diskAgreement = Scenario(
        name: "disk-agreement",
        summary:
            "power cuts at random moments; each time the disks are exactly of the memory's epoch, and have all that a "
            + "client saw committed",
        options: DiskRounds.options(rounds: 20).merging(["rate": 60]) { $1 }
    ) { context in
        var rounds = try DiskRounds(context)
        try rounds.disks.setRate(context.option("rate"))
        var acknowledged: UInt64 = 0
        try rounds.play { rounds throws(LabError) in
            let client = try rounds.pair.stage.startDatabase()
            try client.waitForProgress(10)
            try rounds.failOver()
            try rounds.disks.check()
            try client.waitForProgress(10)
            acknowledged = try DiskDatabase.check(client, after: acknowledged, context)
            try rounds.disks.atRest()
            try rounds.comeBack()
        }
        context.record("acknowledged", Double(acknowledged), unit: "transactions")
        // Whatever all the resyncs left.
        try rounds.pair.stage.checkSame(from: rounds.pair.owner)
    }

    static let diskAgreementBroken = Scenario(
        name: "disk-agreement-broken",
        summary: "disk-agreement's check finds disks that are left ahead of the memory",
        options: DiskRounds.guestOptions.merging(["rate": 60]) { $1 }
    ) { context in
        let product = Product(lab: context.lab)
        // Whatever comes of it, no other scenario may meet the fault.
        context.atEnd { try? product.plant(fault: nil) }
        try Stage.bringHostsUp(context.lab)
        try product.plant(fault: "disks-not-rolled-back")
        var rounds = try DiskRounds(context, settings: .withPatience, build: .planted)
        try rounds.disks.setRate(context.option("rate"))
        try rounds.settle()
        let host = rounds.pair.owner
        try rounds.cutPowerAhead()
        try rounds.takeOver(from: host)
        let verdict = try rounds.disks.verdict()
        try context.check(
            verdict.hasPrefix("WRONG") && verdict.contains(" ahead="), "the check finds the disks wrong: \(verdict)")
        // A backup's controller would not stop while its replica may be the last one.
        try rounds.comeBack()
        try rounds.end()
    }
}
