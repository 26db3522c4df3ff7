// The thread of one protected domain: connects, copies, runs epochs, and stays until it is known who owns the domain.

internal import CheckpointStream
internal import OutputBuffer
internal import Pacing
internal import ReplicaModel
internal import ReplicaProtocol
internal import SystemKit
internal import XenToolstack

/// Does the work of one ``PrimarySession``; belongs to the session's thread alone.
final class PrimaryWorker {
    /// What the worker needs of the controller.
    struct Environment: Sendable {
        /// The settings as they are now; read again for each epoch, so that a reload is followed.
        var settings: @Sendable () -> ProtectionSettings
        /// The operator's decisions as they are now.
        var policy: @Sendable () -> PrimaryMachine.Policy
        /// The hypervisor, for this thread.
        var hypervisor: Hypervisor
        /// The disks that the guest writes to.
        var disks: [GuestDisk]
        /// What DRBD tells of them.
        var mirrors: MirrorWatch
        /// What the first copy needs; `nil` when a domain is taken up that an earlier controller left.
        var seed: Seed?
        /// Asks the witness or the fencing agent; the answer is posted to the mailbox.
        var ask: @Sendable (Arbitration.Request, Mailbox<PrimarySession.Event>) -> Void
        /// Writes down who owns the domain under which generation, before anything is done under it.
        var persist: @Sendable (OwnershipRecord.Role, Generation, ReasonCode) throws(SessionFailure) -> Void
        /// Gives the heartbeat service the changed claims.
        var claimChanged: @Sendable () -> Void
        /// Destroys this host's copy of the domain.
        var destroy: @Sendable () throws(SessionFailure) -> Void
        /// Does what is to be done with the domain after its guest has ended, once nobody else can own it.
        var guestEnded: @Sendable (GuestEnd) -> Void
        /// Writes a decision down (safety rule 7); never waits for a disk.
        var record: @Sendable (Decision) -> Void
    }

    /// What the first copy needs.
    struct Seed: Sendable {
        /// Opens the connection to the backup.
        var connect: @Sendable () throws(SessionFailure) -> FrameConnection
        /// The machine of the new generation, which begins when the backup has accepted it.
        var machine: PrimaryMachine
        /// What the backup is asked for.
        var request: Protect
        /// The guest's processor, for the image.
        var policy: CPUPolicy
        /// The devices that the backup's configuration of the guest has.
        var devices: DeviceRoster
        /// The addresses that the guest was seen to use, or is configured to have.
        var addresses: @Sendable () -> [GuestInterface]
    }

    let session: PrimarySession
    let environment: Environment
    var machine: PrimaryMachine
    var settings: ProtectionSettings
    var connection: FrameConnection?
    /// Encodes pages; `nil` where they go as they are.
    var pages: PagePipeline?
    var gate: OutputGate?
    /// The guest's disks; `nil` where it has none that it writes to.
    var disks: (any PrimaryDisks)?
    /// When the next epoch begins.
    var pacer: Pacer
    /// The guest's processor time.
    var throttle: GuestThrottle
    /// Whether the guest has sent anything; `nil` while no epochs run.
    var arrivals: ArrivalWatch?
    /// What of the guest's output may be held, and has to be opened once nobody else can own the domain.
    private var opening: OutputOpening
    var wantsFinalCheckpoint = false
    /// What kept a handover from the disk.
    var handoverFailure: ReasonCode?
    var sentAddresses: [GuestInterface] = []
    var isRetired = false
    /// Whether the backup is asked to accept a new generation, and this host still owns the domain under the old one.
    private(set) var isProposing: Bool
    var guestEnd: GuestEnd?
    /// Whether `xl`'s own monitor is gone, so that this controller does what is to be done when the guest ends.
    private var isInCharge = false
    let plantedFaults = PlantedFault.ofEnvironment
    /// The state that the event log was last told.
    var recordedState = StateWord.none

    init(session: PrimarySession, environment: Environment, machine: PrimaryMachine) {
        self.session = session
        self.environment = environment
        self.machine = machine
        let settings = environment.settings()
        self.settings = settings
        pacer = Pacer(rules: settings.pacing, at: MonotonicTime(nanoseconds: Clock.monotonic))
        throttle = GuestThrottle(hypervisor: environment.hypervisor, domain: session.subject.id)
        // What is taken up may be held by the kernel since an earlier controller.
        let isTakenUp = environment.seed == nil
        opening = OutputOpening(
            of: isTakenUp ? session.subject.interfaces : [], hasDisks: isTakenUp && !environment.disks.isEmpty)
        isProposing = Proposal.isOpen(machine, environment.seed?.machine)
    }

    /// The thread's whole life.
    func run() {
        recordBegin()
        var capture: GuestCapture?
        do throws(SessionFailure) {
            if !environment.disks.isEmpty {
                try environment.mirrors.start()
                _ = try takeDisks()
            }
            if let seed = environment.seed {
                try protect(seed, &capture)
            } else {
                try takeCharge()
                if machine.isSettled { try letGo() } else { try adopt() }
            }
        } catch {
            fail(error)
            if isProposing { withdrawProposal() }
        }
        settle()
        finish(consume capture)
        recordEnd()
        watch()
    }

    private func protect(_ seed: Seed, _ capture: inout GuestCapture?) throws(SessionFailure) {
        let connection = try seed.connect()
        self.connection = connection
        try startReceiver(connection)
        try send(.protect(seed.request), generation: seed.machine.generation)
        try awaitReady()
        if isProposing { begin(seed.machine) }
        // On record before any replica can be armed: a restarted controller then knows that one may be.
        try environment.persist(.primary, machine.generation, .operatorRequest)
        let gate = try attach()
        self.gate = gate
        // No replica of this domain is armed while its first copy is made: what an earlier session left held may go.
        try gate.open()
        if let terms = seed.request.encoding {
            pages = try PagePipeline(
                terms, highestFrame: seed.request.highestFrame, packs: settings.packsPages,
                name: session.subject.name)
        }
        // Before the staging that it reads is given back.
        defer { pages.take()?.end() }
        var fresh = try GuestCapture(
            hypervisor: environment.hypervisor, domain: session.subject.id, name: session.subject.name,
            stagingBytes: settings.stagingBytes, shards: Int(seed.request.encoding?.shards ?? 1))
        do throws(SessionFailure) {
            try copyWhole(&fresh, seed.policy)
            try takeCharge()
            defer { endPacing() }
            try runEpochs(&fresh, seed)
        } catch {
            capture = consume fresh
            throw error
        }
        capture = consume fresh
    }

    /// The backup has accepted the new generation: from now on this host speaks under it.
    private func begin(_ machine: PrimaryMachine) {
        isProposing = false
        self.machine = machine
        publishState()
    }

    /// The backup never accepted: the domain stays this host's as it was before, on record and in its claim.
    ///
    /// A newer generation that nobody knows of would make the peer destroy what it runs itself (safety rule 2).
    private func withdrawProposal() {
        isProposing = false
        guard case .unprotected(let reason) = machine.state, session.stopReason?.endsTheWish == true else { return }
        do throws(SessionFailure) { try environment.persist(.owner, machine.generation, reason) } catch { note(error) }
    }

    /// Ends `xl`'s monitor of the guest: it would make a rebooted guest anew beside a replica that may take over
    /// (safety rule 2).
    private func takeCharge() throws(SessionFailure) {
        do throws(ToolstackError) { try ToolstackMonitor.end(ofDomainNamed: session.subject.name) } catch {
            throw SessionFailure(error)
        }
        isInCharge = true
    }

    /// Takes hold again of what a dead controller left: the guest runs on, its output stays held.
    private func adopt() throws(SessionFailure) {
        // Opening and closing the channel lets a guest run on that was left suspended, and takes the log-dirty mode
        // and the subscription of the dead controller away. The kernel holds the output meanwhile.
        do {
            // A guest that was handed over stays suspended.
            if machine.mayRunGuest {
                try SuspendChannel(hypervisor: environment.hypervisor, domain: session.subject.id).close()
            }
            try DirtyLog(hypervisor: environment.hypervisor, domain: session.subject.id).disable()
        } catch { note(SessionFailure(error)) }
        try attachClosed()
    }

    /// A domain that runs here without a replica: what a dead controller left held goes, and the guest runs.
    private func letGo() throws(SessionFailure) {
        try openOutput()
        keepGuestRunning()
    }

    /// Takes hold of the guest's output with nothing let go.
    func attachClosed() throws(SessionFailure) {
        let gate = try attach()
        self.gate = gate
        try gate.closeCreated()
    }

    private func attach() throws(SessionFailure) -> OutputGate {
        let gate = try OutputGate(interfaces: session.subject.interfaces, limitBytes: settings.outputLimitBytes)
        opening = OutputOpening(of: session.subject.interfaces, hasDisks: !environment.disks.isEmpty)
        return gate
    }

    /// Waits for the peer's word or its death, with the output held all the while; then until the output is open, so that
    /// no other session takes hold of it meanwhile.
    private func settle() {
        publishState()
        while !machine.isSettled || isStillShut {
            do throws(SessionFailure) {
                if let event = session.mailbox.next(before: Clock.monotonic + 1_000_000_000) {
                    try handle(event)
                } else {
                    try decide(.tick)
                }
                if isStillShut, opening.isDue(at: MonotonicTime(nanoseconds: Clock.monotonic)) { try openOutput() }
            } catch { note(error) }
            keepGuestRunning()
            retryLift()
        }
    }

    /// Whether what is to flow is still held.
    ///
    /// With the guest its output has ended, but its disks may serve another guest.
    private var isStillShut: Bool {
        guard case .unprotected = machine.state else { return false }
        return guestEnd == nil ? !opening.remaining.isEmpty : opening.remaining.contains(OutputOpening.disks)
    }

    /// The guest's disks, which are taken now if that failed before.
    func takeDisks() throws(SessionFailure) -> (any PrimaryDisks)? {
        if disks == nil, !environment.disks.isEmpty { disks = try MirroredPrimaryDisks(environment.disks) }
        return disks
    }

    /// Lets a guest run on that suspended on a request of before (safety rule 5), while it may run here (safety rule 2).
    private func keepGuestRunning() {
        guard machine.mayRunGuest else { return }
        _ = try? SuspendChannel.resumeIfSuspended(
            hypervisor: environment.hypervisor, domain: session.subject.id)
    }

    /// Lets all output go and takes the buffer out of the path, also one that could not be taken hold of before.
    ///
    /// - Throws: The first failure of all tries; ``settle()`` tries what is still shut again.
    func openOutput() throws(SessionFailure) {
        let gate = gate.take()
        let limit = settings.outputLimitBytes
        let failure = opening.run(at: MonotonicTime(nanoseconds: Clock.monotonic)) { (name) throws(SessionFailure) in
            if name == OutputOpening.disks { return try takeDisks()?.goOnAlone() ?? () }
            if let gate, try gate.openAndRemove(name) { return }
            try OutputGate.open(interface: name, limitBytes: limit)
        }
        if let failure { throw failure }
    }

    private func finish(_ capture: consuming GuestCapture?) {
        connection?.shutdown()
        if case .unprotected = machine.state, let capture = consume capture {
            do throws(SessionFailure) { try capture.close() } catch { note(error) }
        }
        session.publish { $0.hasEnded = true }
        publishState()
    }

    /// Stays with a domain that runs here without a replica until another session takes over: should the peer turn out to
    /// own it under a newer generation, this copy goes (safety rule 2).
    private func watch() {
        while case .unprotected = machine.state, !isRetired {
            if let guestEnd {
                // A guest that was never suspended may still have `xl`'s own monitor, which then does the same.
                if isInCharge || !ToolstackMonitor.isPresent(forDomainNamed: session.subject.name) {
                    environment.guestEnded(guestEnd)
                }
                return
            }
            do throws(SessionFailure) {
                if let event = session.mailbox.next(before: Clock.monotonic + 1_000_000_000) {
                    try handle(event)
                } else {
                    try decide(.tick)
                }
            } catch { note(error) }
            if !isRetired { retryLift() }
        }
    }

    /// Turns a failure into what the machine decides on: a broken connection, or an end in good order over a good one.
    func fail(_ failure: SessionFailure) {
        note(failure)
        let event: PrimaryMachine.Event =
            switch failure.reason {
            case .connectionLost, .acknowledgeTimeout, .diskBarrierTimeout, .leaseExpired, .peerUnreachable:
                .connectionLost(failure.reason)
            default: .stopRequested(failure.reason)
            }
        do throws(SessionFailure) { try decide(event) } catch { note(error) }
    }

    private func note(_ failure: SessionFailure) {
        record(failure)
        session.publish { if $0.failure == nil { $0.failure = failure } }
    }
}
