extension Scenario {
    static let ownership = Scenario(
        name: "ownership",
        summary: "one named fault, or all one after the other, with a witness: one owner, and protection comes back",
        options: ["disks": 0], choices: ["fault": Fault.all.map(\.name)]
    ) { context in
        var campaign = try Campaign(context)
        try campaign.play(Fault.all.filter { fault in context.choice("fault").map { $0 == fault.name } ?? true })
    }

    static let switchover = Scenario(
        name: "switchover",
        summary: "the guest moves on an operator's order and back home, without loss and without a witness",
        options: ["disks": 0]
    ) { context in
        // No third place: the two hosts agree on a planned move.
        var campaign = try Campaign(context, ProductSettings(ownership: "safe-by-lease", reprotect: "automatic"))
        // At home the last one must be refused.
        try campaign.play([.switchover, .failback, .failback])
    }

    static let guestLife = Scenario(
        name: "guest-life",
        summary: "a protected guest reboots, powers off, crashes and is destroyed; the backup never activates it",
        options: ["disks": 0]
    ) { context in
        var campaign = try Campaign(context, ProductSettings(ownership: "safe-by-lease", reprotect: "automatic"))
        try campaign.play(Fault.GuestEnd.allCases.map { .guestEnd($0) })
    }

    static let campaign = Scenario(
        name: "campaign", summary: "faults that a seed draws, one after the other on one guest, with a witness",
        options: ["faults": 10, "seed": 1, "first": 1, "disks": 0]
    ) { context in
        let first = context.option("first")
        let seed = context.option("seed")
        var deck = FaultDeck(seed: UInt64(seed))
        for _ in 1..<first { _ = deck.draw() }
        let numbers = first..<(first + context.option("faults"))
        var preview = deck
        context.note("drawn", numbers.map { _ in preview.draw().name }.joined(separator: ", "))
        var campaign = try Campaign(context)
        for number in numbers {
            try campaign.play(
                deck.draw(), number: number, again: "lab/run campaign --seed \(seed) --first \(number) --faults 1")
        }
        try campaign.end()
    }
}

/// Faults that befall one guest, one after the other.
struct Campaign {
    private let context: ScenarioContext
    private var pair: ProtectedPair

    /// Brings up both hosts, the witness, and a protected guest with as many disks as the option says.
    init(_ context: ScenarioContext, _ settings: ProductSettings = .withWitness) throws(LabError) {
        self.context = context
        pair = try ProtectedPair(context, settings, disks: MirroredDisk.first(context.option("disks")))
    }

    /// Plays all of a few faults, and leaves the lab as it was.
    mutating func play(_ faults: [Fault]) throws(LabError) {
        for (index, fault) in faults.enumerated() {
            try play(fault, number: index + 1, again: "lab/run ownership --fault \(fault.name)")
        }
        try end()
    }

    /// Plays one fault and checks all that must hold afterwards.
    ///
    /// - Parameters:
    ///   - fault: The fault.
    ///   - number: Its number.
    ///   - again: The command that plays this fault alone.
    /// - Throws: ``LabError`` that says how to play it again.
    mutating func play(_ fault: Fault, number: Int, again: String) throws(LabError) {
        do { try FaultTrial(number, fault).play(&pair) } catch {
            throw LabError(
                error.cause, attempt: error.attempt, outcome: "\(error.outcome) [fault \(number), \(fault.name)]",
                remedy: "\(error.remedy.isEmpty ? "" : "\(error.remedy) ")Again: \(again)")
        }
    }

    /// Leaves the guest unprotected, for whoever uses the lab next.
    mutating func end() throws(LabError) {
        try pair.endSession()
        let result = try pair.product.run(pair.owner, "unprotect \(pair.guest.name)")
        try context.check(result.status == 0, "unprotect: status \(result.status) \(result.errors)")
    }
}
