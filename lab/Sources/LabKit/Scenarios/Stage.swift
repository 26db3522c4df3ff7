import Foundation

/// The known state that every scenario starts from: both hosts up, cables in, replicactl running on both, and the
/// guest alpha alone, on xen1; or delta, if the guest has disks.
struct Stage: Sendable {
    let context: ScenarioContext
    let lab: Lab
    let product: Product
    let guest: Guest
    /// The guest's identity on every host.
    let identity: String
    /// The guest's disks.
    let disks: [MirroredDisk]

    /// Brings the state about.
    ///
    /// - Parameters:
    ///   - context: The scenario's context.
    ///   - build: What replicactl is built with.
    ///   - settings: Its configuration.
    ///   - isNewGuest: Whether the guest must be a new one; with disks it always is.
    ///   - disks: The guest's disks, which are made anew.
    ///   - isWrapped: Whether the disks are put on the epoch layer.
    ///   - plan: What the guest is to be, where it is another one than usual; on xen1, without disks.
    /// - Throws: ``LabError``.
    init(
        _ context: ScenarioContext, build: Product.Build = .release, settings: ProductSettings = ProductSettings(),
        isNewGuest: Bool = false, disks: [MirroredDisk] = [], isWrapped: Bool = true, plan: GuestSpecification? = nil
    ) throws(LabError) {
        self.context = context
        self.disks = disks
        lab = context.lab
        product = Product(lab: lab)
        try lab.endLeftOverClients()
        try Self.bringHostsUp(lab)
        if settings.ownership == "witness" {
            try lab.startWitness()
            for host in HostName.allCases { try lab.setWitnessLink(host, .up) }
        }
        for host in HostName.allCases {
            for network in NetworkName.cables where try lab.link(host, network) == .down {
                try lab.setLink(host, network, .up)
            }
        }
        try lab.quietGuests()
        if !disks.isEmpty { try Self.makeDisks(disks, product) }
        try product.install(build, settings: settings)
        if isNewGuest || plan != nil { try Self.removeGuests(in: lab) }
        if isWrapped { try product.wrap(disks) }
        let usual = Self.specification(on: .xen1, disks)
        guest = try disks.isEmpty ? Self.freshGuest(in: lab, plan ?? usual) : lab.createGuest(usual)
        identity = try Self.identity(of: guest, on: .xen1, in: lab)
    }

    /// The guest's disks as the guest uses them.
    var guestDisks: GuestDisks { GuestDisks(guest, disks, context) }

    /// The same hosts with a new guest, which replaces one that has ended.
    ///
    /// - Parameters:
    ///   - before: The stage so far.
    ///   - host: Where the new guest is to run.
    /// - Throws: ``LabError``.
    init(after before: Stage, newGuestOn host: HostName) throws(LabError) {
        context = before.context
        lab = before.lab
        product = before.product
        disks = before.disks
        guest = try lab.createGuest(Self.specification(on: host, disks))
        identity = try Self.identity(of: guest, on: host, in: lab)
    }

    /// Boots the hosts that are off, and lets go those that are frozen.
    static func bringHostsUp(_ lab: Lab) throws(LabError) {
        for host in HostName.allCases where lab.power(of: host) == .frozen { try lab.thaw(host) }
        try lab.up()
    }

    private static func identity(of guest: Guest, on host: HostName, in lab: Lab) throws(LabError) -> String {
        let path = try lab.shell(host, "xenstore-read /local/domain/$(xl domid \(guest.name))/vm")
        return String(path.dropFirst("/vm/".count))
    }

    /// Destroys all guests of both hosts, until none comes back.
    static func removeGuests(in lab: Lab) throws(LabError) {
        let empty = try Retry.until(limit: .seconds(180), pause: .seconds(1)) { () throws(LabError) -> Bool? in
            var isEmpty = true
            for host in HostName.allCases {
                for name in try lab.domains(on: host) {
                    isEmpty = false
                    // A replica may end by itself in this moment.
                    _ = try lab.attemptShell(host, "xl destroy \(Lab.quoted(name))", timeout: .seconds(120))
                    lab.progress.step("\(host): destroyed \(name), which was left over")
                }
            }
            return isEmpty ? true : nil
        }
        guard empty != nil else {
            throw LabError(.timedOut, attempt: "begin without guests", outcome: "one comes back each time")
        }
    }

    /// What the guest of scenarios usually is.
    static func specification(on host: HostName, _ disks: [MirroredDisk] = []) -> GuestSpecification {
        var specification = GuestSpecification(name: disks.isEmpty ? "alpha" : "delta")
        specification.host = host
        specification.disks = disks.map(\.specification)
        // Room for the page cache.
        if !disks.isEmpty { specification.memory = 192 }
        // With more, the guest has hardly the memory for another ssh session.
        specification.region = 24
        return specification
    }

    /// Takes the guest that runs on xen1, if it is whole and the only one, or else makes a new one.
    private static func freshGuest(in lab: Lab, _ plan: GuestSpecification) throws(LabError) -> Guest {
        let name = plan.name
        // A guest that is at the backup, too, has gone through a failover: neither copy is as good as new.
        let isElsewhere = try lab.domains(on: .xen2).contains(name)
        for host in HostName.allCases {
            for other in try lab.domains(on: host) where other != name || isElsewhere {
                try lab.shell(host, "xl destroy \(Lab.quoted(other))", timeout: .seconds(120))
                lab.progress.step("\(host): destroyed \(other), which was left over")
            }
        }
        if let guest = lab.guest(name), try lab.domains(on: .xen1).contains(name) {
            if try lab.verifier(guest, ["CHECK"], seconds: 20).status == 0 { return guest }
            try lab.destroyGuest(name)
        }
        return try lab.createGuest(plan)
    }

    // MARK: clients

    /// Opens the stream of numbers.
    func startCounter() throws(LabError) -> GuestClient { try start(.counter) }

    /// Opens an ssh session.
    func startSession() throws(LabError) -> GuestClient { try start(.session) }

    /// Begins to commit transactions in the guest's database; at its end the client waits so many seconds for answers.
    func startDatabase(patience: Int = 60) throws(LabError) -> GuestClient { try start(.database, patience: patience) }

    private func start(_ kind: GuestClient.Kind, patience: Int = 60) throws(LabError) -> GuestClient {
        let client = try GuestClient(kind, of: guest, in: lab, patience: patience)
        context.atEnd { client.stop() }
        return client
    }

    /// Starts a program as the client that goes on until it is stopped.
    func startProgram(_ command: [String], name: String) throws(LabError) -> BackgroundProcess {
        let process = try lab.startClient(command, name: name)
        context.atEnd { process.stop() }
        return process
    }

    /// Captures what a host sends to the guests' network.
    func startCapture(_ host: HostName) throws(LabError) -> Capture {
        let capture = try lab.startCapture(host, .lan, name: "scenario")
        context.atEnd { capture.stop() }
        return capture
    }

    /// Says how many pages a second the guest writes.
    func setWriteRate(_ pages: Int) throws(LabError) {
        // A guest that has just booted answers on its other ports first.
        try context.wait(until: "the verifier takes commands") { () throws(LabError) in
            try lab.verifier(guest, ["RATE", "\(pages)"], seconds: 30).status == 0 ? true : nil
        }
        context.step("the guest writes \(pages) pages a second")
    }

    /// Has the guest check all of its region.
    func checkMemory() throws(LabError) {
        let answer = try lab.verifier(guest, ["CHECK"])
        let words = answer.output.trimmingCharacters(in: .whitespacesAndNewlines)
        try context.check(answer.status == 0, "the guest's memory is right: \(words)")
    }

    // MARK: protection

    /// Protects the guest, from the host on which it runs.
    func protect(on host: HostName = .xen1) throws(LabError) {
        let start = WallClock.now
        let result = try product.run(host, "protect \(guest.name)")
        try context.check(
            result.status == 0, "replicactl protect \(guest.name): status \(result.status) \(result.errors)")
        context.record("protect", Double(WallClock.now - start) / 1e9, unit: "s")
    }

    /// What a host says of the guest.
    func domain(on host: HostName) throws(LabError) -> ProductStatus.Domain? {
        try product.statusIfKnown(host)?.domain(identity)
    }

    /// Waits until a host says something of the guest.
    ///
    /// - Returns: What it says then.
    @discardableResult
    func wait(
        for host: HostName, until event: String, limit: Duration = .seconds(180),
        _ condition: (ProductStatus.Domain) -> Bool
    ) throws(LabError) -> ProductStatus.Domain {
        var last = "nothing"
        do {
            return try context.wait(until: event, limit: limit) { () throws(LabError) in
                guard let domain = try domain(on: host) else { return nil }
                last = domain.text
                return condition(domain) ? domain : nil
            }
        } catch {
            throw LabError(error.cause, attempt: error.attempt, outcome: "\(error.outcome); \(host) says: \(last)")
        }
    }

    /// Waits until so many epochs were acknowledged in this protection.
    @discardableResult
    func waitForEpochs(_ count: UInt64) throws(LabError) -> ProductStatus.Domain {
        try wait(for: .xen1, until: "\(count) epochs are acknowledged") { domain in
            domain.state == "protected" && (domain.epochs?.count ?? 0) >= count
        }
    }

    /// Reports what the epochs were like.
    func record(_ domain: ProductStatus.Domain) {
        if let epochs = domain.epochs {
            context.record("epochs", Double(epochs.count))
            context.record("pages", Double(epochs.pages))
            context.record("sent", Double(epochs.bytes), unit: "bytes")
            context.record("epoch_interval", epochs.intervalMilliseconds, unit: "ms")
            context.record("pause_p50", epochs.suspendedMillisecondsP50, unit: "ms")
            context.record("pause_p99", epochs.suspendedMillisecondsP99, unit: "ms")
            context.record("pause_max", epochs.suspendedMillisecondsMax, unit: "ms")
        }
        if let epoch = domain.lastEpoch {
            let phases = [
                ("suspend", epoch.suspendMicroseconds), ("capture", epoch.captureMicroseconds),
                ("resume", epoch.resumeMicroseconds), ("encode", epoch.encodeMicroseconds),
                ("send", epoch.sendMicroseconds), ("acknowledge", epoch.acknowledgeMicroseconds),
                ("release", epoch.releaseMicroseconds), ("suspended", epoch.suspendedMicroseconds),
            ]
            for (name, microseconds) in phases {
                context.record("last_epoch_\(name)", Double(microseconds), unit: "us")
            }
            context.record("last_epoch_dirty", Double(epoch.dirtyPages), unit: "pages")
        }
    }

    /// Switches a host on again, and demands that it leaves the guest where it is.
    func bringBack(_ host: HostName) throws(LabError) {
        try lab.powerOn(host)
        try product.waitUntilPaired()
        try checkNoGuest(on: host)
    }

    // MARK: judging

    /// Ends the stream of numbers and demands that it went on without a gap.
    func finish(counter: GuestClient) throws(LabError) -> ClientReport {
        try counter.waitForProgress(100)
        let report = try counter.finish()
        context.record("counter_lines", Double(report.lines ?? 0))
        try context.check(
            report.ok && report.gaps == 0 && report.backwardSteps == 0 && report.malformed == 0
                && report.clockBackwardSteps == 0,
            "the counter's connection lives: \(report.lines ?? 0) lines, \(report.gaps ?? 0) gaps, "
                + "\(report.backwardSteps ?? 0) backward steps, \(report.malformed ?? 0) malformed, end: \(report.end)")
        return report
    }

    /// Ends the ssh session and demands that it stayed up.
    func finish(session: GuestClient) throws(LabError) -> ClientReport {
        try session.waitForProgress(3)
        let report = try session.finish()
        context.record("session_answers", Double(report.answered ?? 0))
        try context.check(
            report.ok && report.stayedUp == true && report.wrong == 0,
            "the ssh session lives: \(report.answered ?? 0) answers, \(report.wrong ?? 0) wrong, end: \(report.end)")
        return report
    }

    /// Demands that no domain but Dom0 is on a host.
    func checkNoGuest(on host: HostName) throws(LabError) {
        let names = try lab.domains(on: host)
        try context.check(names.isEmpty, "xl list on \(host) shows no guest: \(names)")
    }

    /// Demands that xen1 let nothing of the guest out once xen2 had begun to (safety rule 2).
    func checkOneOwner(_ first: Capture, _ second: Capture) throws(LabError) {
        let before = try first.frames(from: guest.macAddress)
        let after = try second.frames(from: guest.macAddress)
        let late = OutputChecks.lateFrames(first: before, second: after)
        try context.check(!before.isEmpty && !after.isEmpty, "both captures saw the guest")
        try context.check(
            late.isEmpty,
            "xen1 sent \(late.count) frames of the guest after xen2's first (xen1 \(before.count), xen2 \(after.count))"
        )
    }
}
