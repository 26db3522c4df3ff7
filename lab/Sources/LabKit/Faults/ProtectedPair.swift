/// The two hosts and the guest that they protect, whichever of them owns it now.
struct ProtectedPair {
    let context: ScenarioContext
    private(set) var stage: Stage
    /// Who owns the guest, as far as it is known.
    var owner: HostName
    /// Where the guest was first protected.
    private(set) var home: HostName
    /// The last number that the guest's counter sent to a client.
    var lastValue: UInt64?
    /// The ssh session that lives as long as the guest does, through all faults.
    private(set) var session: GuestClient?

    private static let writeRate = 500
    private static let diskWriteRate = 30

    /// Brings up both hosts, and the witness if the settings have one, and protects a new guest.
    ///
    /// - Parameters:
    ///   - context: The scenario's context.
    ///   - settings: The configuration of replicactl.
    ///   - build: What it is built with.
    ///   - disks: The guest's disks.
    /// - Throws: ``LabError``.
    init(
        _ context: ScenarioContext, _ settings: ProductSettings = .withWitness, build: Product.Build = .release,
        disks: [MirroredDisk] = []
    ) throws(LabError) {
        self.context = context
        stage = try Stage(context, build: build, settings: settings, isNewGuest: true, disks: disks)
        owner = .xen1
        home = .xen1
        try begin()
    }

    private mutating func begin() throws(LabError) {
        try furnish()
        try stage.protect(on: owner)
        try setRates()
    }

    /// Makes and protects a new guest where the old one, which has ended, was.
    mutating func replaceGuest() throws(LabError) {
        stage = try Stage(after: stage, newGuestOn: owner)
        home = owner
        try begin()
    }

    /// Takes note that the guest has begun a new life.
    mutating func guestIsAnew() throws(LabError) {
        try furnish()
        try setRates()
    }

    private mutating func furnish() throws(LabError) {
        lastValue = nil
        if !stage.disks.isEmpty { try stage.guestDisks.prepare() }
        session = try stage.startSession()
    }

    /// Has the guest begin to write.
    private func setRates() throws(LabError) {
        try stage.setWriteRate(Self.writeRate)
        if !stage.disks.isEmpty { try stage.guestDisks.setRate(Self.diskWriteRate) }
    }

    /// Ends the session, because the guest is about to end, and demands that it lived until now.
    mutating func endSession() throws(LabError) {
        guard let session else { return }
        self.session = nil
        _ = try stage.finish(session: session)
    }

    var lab: Lab { stage.lab }
    var product: Product { stage.product }
    var guest: Guest { stage.guest }
    var backup: HostName { owner.peer }
    /// The guest's disks, if it has any, as the guest uses them.
    var disks: GuestDisks? { stage.disks.isEmpty ? nil : stage.guestDisks }

    /// The host that is something to the guest now.
    func host(_ side: Fault.Side) -> HostName { side == .primary ? owner : backup }

    /// What a host says of the guest; `nil` while it cannot be asked.
    func domain(on host: HostName) throws(LabError) -> ProductStatus.Domain? {
        guard lab.power(of: host) == .running else { return nil }
        return try stage.domain(on: host)
    }

    // MARK: waiting

    /// Both hosts' view of a guest that is protected.
    struct Protection {
        let owner: HostName
        let primary: ProductStatus.Domain
        let replica: ProductStatus.Domain
    }

    /// Waits until the guest is protected, by whatever host, and both hosts agree on that.
    ///
    /// - Parameter limit: When to give up: a host may have to boot, and a try that failed is repeated after up to a
    ///   minute.
    /// - Returns: What they say.
    /// - Throws: ``LabError`` with cause `timedOut`, and what both hosts said last.
    func waitUntilProtected(limit: Duration = .seconds(420)) throws(LabError) -> Protection {
        var last = ""
        do {
            return try context.wait(until: "the guest is protected", limit: limit, pause: .milliseconds(500)) {
                () throws(LabError) -> Protection? in
                var states: [HostName: ProductStatus] = [:]
                for host in HostName.allCases where lab.power(of: host) == .running {
                    states[host] = try product.statusIfKnown(host)
                }
                let words = HostName.allCases.map { host in
                    let domain = states[host]?.domain(stage.identity)
                    return "\(host): \(domain?.text ?? (states[host] == nil ? "no answer" : "nothing"))"
                }.joined(separator: "; ")
                if words != last { context.step(words) }
                last = words
                return Self.protection(states, of: stage.identity)
            }
        } catch {
            throw LabError(error.cause, attempt: error.attempt, outcome: "\(error.outcome); last was \(last)")
        }
    }

    private static func protection(_ states: [HostName: ProductStatus], of identity: String) -> Protection? {
        for owner in HostName.allCases {
            guard let own = states[owner], let other = states[owner.peer], let primary = own.domain(identity),
                let replica = other.domain(identity)
            else { return nil }
            if primary.role == "primary", primary.state == "protected", replica.role == "backup",
                replica.state == "armed", primary.generation == replica.generation, own.peer.isHeardEverywhere,
                other.peer.isHeardEverywhere
            {
                return Protection(owner: owner, primary: primary, replica: replica)
            }
        }
        return nil
    }

    /// Waits until a host runs the guest as its owner.
    func waitUntilOwned(by host: HostName) throws(LabError) {
        try stage.wait(for: host, until: "\(host) runs the guest", Self.isOwner)
    }

    /// Whether a host that says this of the guest runs it.
    static func isOwner(_ domain: ProductStatus.Domain) -> Bool {
        domain.state == "active" || domain.role == "primary" && domain.state != "holding"
    }

    /// Waits until the replica does not cover the guest any more.
    func waitUntilAlone() throws(LabError) {
        try stage.wait(for: owner, until: "\(owner) goes on without a replica") { domain in
            ["unprotected", "seeding"].contains(domain.state)
        }
    }

    /// Waits until a host says whether it reaches the witness.
    func waitForWitness(_ host: HostName, reachable: Bool) throws(LabError) {
        let event = "\(host) \(reachable ? "reaches" : "misses") the witness"
        try context.wait(until: event, pause: .milliseconds(500)) { () throws(LabError) -> Bool? in
            try product.statusIfKnown(host)?.ownership?.witnessReachable == reachable ? true : nil
        }
        context.step(event)
    }
}
