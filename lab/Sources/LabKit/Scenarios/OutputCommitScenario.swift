import Foundation

extension Scenario {
    static let outputCommit = Scenario(
        name: "output-commit", summary: "while nothing is acknowledged, no frame of the guest gets out"
    ) { context in
        let play = try OutputCommit(context, build: .release)
        try play.checkNothingLeaks()
    }

    static let outputCommitBroken = Scenario(
        name: "output-commit-broken", summary: "output-commit's check finds output that is released too early"
    ) { context in
        // Whatever comes of it, no other scenario may meet the fault.
        let product = Product(lab: context.lab)
        context.atEnd { try? product.plant(fault: nil) }
        let play = try OutputCommit(context, build: .planted)
        try play.checkLeakIsFound()
    }
}

/// Stops the backup's acknowledgements in the middle of an epoch, and watches what the primary lets out (safety rule 1).
///
/// Why the window is sound: an acknowledgement that the primary has taken shows in its status as the guest's epoch. The
/// backup's controller is stopped, then the primary's epoch is read, and read again before the controller goes on. When
/// both are the same, no epoch was acknowledged in between, so nothing but what was released before the first reading
/// may be seen; that drains for a while before the window begins.
///
/// Why the check can fail: the interval is long, and the backup is stopped right after an acknowledgement. The epoch
/// then ends inside the window, and an early release of its frames falls inside it too.
struct OutputCommit {
    private static let fault = "release-before-acknowledgement"
    private static let settings = ProductSettings(interval: 3000, acknowledgeTimeout: 20_000)
    /// How long frames that were released before the window may take to the tap, in nanoseconds.
    private static let drain: UInt64 = 300_000_000
    private static let pings = 48
    /// How often the broken program may be lucky.
    private static let attempts = 4

    private let context: ScenarioContext
    private let stage: Stage
    private let capture: Capture
    private let counter: GuestClient

    /// What happened while nothing was acknowledged.
    private struct Standstill {
        let window: Range<UInt64>
        let epochs: ClosedRange<UInt64>
        let heldBefore: Int
        let heldAfter: Int

        var isSound: Bool { epochs.lowerBound == epochs.upperBound && !window.isEmpty }
    }

    /// Brings the stage about and protects the guest.
    init(_ context: ScenarioContext, build: Product.Build) throws(LabError) {
        self.context = context
        // A host that is off would take the fault neither on nor off.
        try Stage.bringHostsUp(context.lab)
        try Product(lab: context.lab).plant(fault: build == .planted ? Self.fault : nil)
        stage = try Stage(context, build: build, settings: Self.settings)
        capture = try stage.startCapture(.xen1)
        counter = try stage.startCounter()
        try Self.makeNeighboursPatient(stage)
        try stage.protect()
        try stage.setWriteRate(200)
        try stage.waitForEpochs(3)
    }

    // MARK: the two scenarios

    func checkNothingLeaks() throws(LabError) {
        let guest = stage.guest
        let echoes = try [guest.address, guest.address6].map { address throws(LabError) in
            try stage.startProgram(
                ["ping", "-c", "\(Self.pings)", "-i", "0.25", "-W", "60", address], name: "ping-\(address.count)")
        }
        try startAddressRequests()
        let standstill = try soundStandstill()
        let leaked = try frames(of: standstill)
        try context.check(standstill.isSound, "no epoch was acknowledged in the window: \(standstill.epochs)")
        try context.check(
            leaked.isEmpty,
            "no frame of the guest left in \(seconds(standstill.window)) s without acknowledgement: "
                + "\(leaked.count) (\(OutputChecks.summary(leaked)))")
        try context.check(
            standstill.heldAfter > standstill.heldBefore,
            "it did send: \(standstill.heldBefore) frames held at the beginning, \(standstill.heldAfter) at the end")
        context.record("held", Double(standstill.heldAfter), unit: "frames")
        context.record("window", seconds(standstill.window), unit: "s")
        try checkArrival(echoes, after: standstill)
        let counted = try stage.finish(counter: counter)
        if let silence = counted.silence(after: standstill.window.lowerBound) {
            context.record("counter_silence", Double(silence.duration) / 1e6, unit: "ms")
        }
        stage.record(try stage.waitForEpochs(3))
    }

    func checkLeakIsFound() throws(LabError) {
        try startAddressRequests()
        for attempt in 1...Self.attempts {
            let standstill = try standStill()
            // Not by the epochs, which a broken primary may count wrongly: the backup stands still, and a second is more
            // than enough for what it had said before.
            let leaked = try frames(of: standstill).filter { $0.time > standstill.window.lowerBound + 1_000_000_000 }
            if !leaked.isEmpty {
                try context.check(
                    true, "the early release was found: \(leaked.count) frames (\(OutputChecks.summary(leaked)))")
                context.record("leaked", Double(leaked.count), unit: "frames")
                counter.stop()
                return
            }
            context.step("attempt \(attempt): nothing leaked, epochs \(standstill.epochs)")
            try stage.waitForEpochs(1)
        }
        throw LabError(
            .checkFailed, attempt: "find the early release",
            outcome: "no frame left too early in \(Self.attempts) attempts: the fault or the check does not work")
    }

    // MARK: parts

    /// Has client and guest ask for each other's address for longer than output is held here: a kernel that gives up
    /// drops the packets that wait for the answer, and a lost ping would not be the product's fault.
    private static func makeNeighboursPatient(_ stage: Stage) throws(LabError) {
        let patience = "for f in /proc/sys/net/ipv[46]/neigh/INTERFACE/?cast_solicit; do echo 100 >$f; done"
        let client = try stage.lab.client(["sh", "-c", patience.replacing("INTERFACE", with: "lan")])
        let guest = try stage.lab.guestShell(stage.guest, patience.replacing("INTERFACE", with: "eth0"))
        try stage.context.check(
            client.status == 0 && guest.status == 0,
            "client and guest are patient with each other \(client.errors)\(guest.errors)")
    }

    /// Has the guest asked for its addresses all the time, so that it sends ARP and neighbour advertisements.
    private func startAddressRequests() throws(LabError) {
        _ = try stage.startProgram(["arping", "-b", "-I", "lan", stage.guest.address], name: "arping")
        let script = "while :; do ndisc6 -q -1 -r 1 -w 500 \(stage.guest.address6) lan; sleep 0.2; done"
        _ = try stage.startProgram(["sh", "-c", script], name: "ndisc6")
    }

    /// A standstill in whose window no word of the backup was still on its way.
    private func soundStandstill() throws(LabError) -> Standstill {
        let first = try standStill()
        if first.isSound { return first }
        context.step("an acknowledgement was late, the window is no use: \(first.epochs); once more")
        try stage.waitForEpochs(1)
        return try standStill()
    }

    private func standStill() throws(LabError) -> Standstill {
        let product = stage.product
        let backup = try product.process(.controller, .xen2)
        let start = try epoch()
        try context.wait(until: "the next epoch is acknowledged", pause: .milliseconds(20)) { () throws(LabError) in
            try epoch() > start ? true : nil
        }
        try stage.lab.shell(.xen2, "kill -STOP \(backup)")
        context.mark("the backup's controller is stopped", isOrigin: true)
        defer { _ = try? stage.lab.shell(.xen2, "kill -CONT \(backup)") }
        let before = try domain()
        let open = WallClock.now + Self.drain
        context.mark("the window opens", at: open)
        let held = try heldFrames()
        let end = ContinuousClock.now + .seconds(6)
        try context.wait(until: "6 s are over", pause: .milliseconds(100)) { () throws(LabError) in
            ContinuousClock.now < end ? nil : true
        }
        let heldLater = try heldFrames()
        let close = WallClock.now
        let after = try domain()
        context.mark("the window closes: epoch \(after.epoch)", at: close)
        return Standstill(
            window: open..<max(open, close), epochs: before.epoch...max(before.epoch, after.epoch),
            heldBefore: held, heldAfter: heldLater)
    }

    /// How many frames xen1's plugs hold, as the kernel says.
    private func heldFrames() throws(LabError) -> Int {
        struct Discipline: Decodable {
            let kind: String
            let qlen: Int?
        }
        let text = try stage.lab.shell(.xen1, "tc -j -s qdisc")
        guard let all = try? JSONDecoder().decode([Discipline].self, from: Data(text.utf8)) else {
            throw LabError(.commandFailed, attempt: "read xen1's queues", outcome: text)
        }
        return all.filter { $0.kind == "plug" }.reduce(0) { $0 + ($1.qlen ?? 0) }
    }

    private func frames(of standstill: Standstill) throws(LabError) -> [EthernetFrame] {
        OutputChecks.frames(try capture.frames(from: stage.guest.macAddress), in: standstill.window)
    }

    /// What was held comes, whole and in order.
    private func checkArrival(_ echoes: [BackgroundProcess], after standstill: Standstill) throws(LabError) {
        for echo in echoes {
            try context.wait(until: "all pings are answered") { () throws(LabError) in echo.isRunning ? nil : true }
            let words = try echo.output().split(separator: "\n").suffix(2).joined(separator: "; ")
            try context.check(echo.stop() == 0 && words.contains(" 0% packet loss"), "no ping is lost: \(words)")
        }
        capture.stop()
        let all = try capture.frames(from: stage.guest.macAddress)
        let later = all.filter { $0.time >= standstill.window.upperBound }
        for kind in [EthernetFrame.Kind.ipv4, .ipv6, .arp] {
            try context.check(later.contains { $0.kind == kind }, "\(kind) of the guest comes again")
        }
        let misplaced = OutputChecks.misplacedEchoReplies(all)
        try context.check(misplaced == 0, "\(misplaced) echo replies came out of order")
        context.record("frames_after", Double(later.count))
    }

    private func domain() throws(LabError) -> ProductStatus.Domain {
        guard let domain = try stage.domain(on: .xen1) else {
            throw LabError(.checkFailed, attempt: "read the state of \(stage.guest.name)", outcome: "xen1 has none")
        }
        return domain
    }

    private func epoch() throws(LabError) -> UInt64 { try domain().epoch }

    private func seconds(_ window: Range<UInt64>) -> Double {
        window.isEmpty ? 0 : Double(window.upperBound - window.lowerBound) / 1e9
    }
}
