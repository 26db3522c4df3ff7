extension Scenario {
    static let diskReturn = Scenario(
        name: "disk-return",
        summary: "the host that died returns, no block differs after the resync, and the guest fails over back",
        options: DiskRounds.options(rounds: 10).merging(["rate": 60]) { $1 }
    ) { context in
        var rounds = try DiskRounds(context)
        try rounds.disks.setRate(context.option("rate"))
        try rounds.play { rounds throws(LabError) in
            try rounds.failOver()
            try rounds.disks.check()
            try rounds.comeBack()
            try rounds.pair.stage.checkSame(from: rounds.pair.owner)
            try rounds.disks.check()
        }
    }
}
