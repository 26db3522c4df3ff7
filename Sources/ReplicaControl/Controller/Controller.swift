// The controller of one host: its domains as primary and as backup, its claims, and its word to the operator.

internal import CheckpointStream
internal import DiskMirror
internal import Heartbeat
internal import Pacing
internal import ReplicaModel
internal import ReplicaProtocol
internal import Synchronization
internal import SystemKit
internal import Telemetry
internal import XenToolstack

/// Joins the sessions of this host with the heartbeat service, the records on disk and the network.
public final class Controller: Sendable {
    private let settings: Mutex<Configuration>
    let hypervisor: Hypervisor
    let store: OwnershipStore
    let table = SessionTable()
    let announcements = Announcements()
    let mirrors = MirrorWatch()
    let recorder: DecisionRecorder
    let arbiters: Arbiters
    let guestEnds: GuestEndWatch
    private let recordLock = Mutex(())
    private let generations = RecordedGenerations()
    let housekeeping = Mutex(HousekeepingState())
    /// What operators asked of the rhythm of domains, in place of what the configuration says.
    let tunings = Mutex<[DomainIdentity: PacingRules.Goal]>([:])
    private let heartbeatWatch = Mutex(HeartbeatWatch())
    private let heartbeat = Mutex<HeartbeatClient?>(nil)

    init(configuration: Configuration) throws(CommandError) {
        settings = Mutex(configuration)
        do throws(ToolstackError) { hypervisor = try Hypervisor() } catch {
            let reason: ReasonCode =
                switch error {
                case .notPrivileged: .notRoot
                case .noHypervisor, .notControlDomain: .notControlDomain
                default: .internalFault
                }
            throw CommandError(reason, error.description)
        }
        do throws(OwnershipStoreError) {
            store = try OwnershipStore(stateDirectory: configuration.storage.stateDirectory)
        } catch { throw CommandError(.internalFault, error.description) }
        do throws(SystemError) { recorder = try DecisionRecorder(configuration) } catch {
            throw CommandError(.internalFault, "the event log cannot be started: \(error)")
        }
        arbiters = try Arbiters(configuration, recorder)
        do throws(ToolstackError) {
            guestEnds = try GuestEndWatch(hypervisor: hypervisor) { text in
                Log.warning("Ends of guests are hard to see", ("REPLICACTL_DETAIL", text))
            }
        } catch { throw CommandError(.internalFault, error.description) }
    }

    /// The configuration in force; a reload changes it for what begins later.
    var configuration: Configuration { settings.withLock { $0 } }

    /// Reads the file of the configuration again and follows what can be followed.
    ///
    /// - Returns: The changed keys that wait for a restart of the services, and those that running protections do not follow.
    /// - Throws: ``ConfigurationError``; then nothing has changed.
    func reloadConfiguration() throws(ConfigurationError) -> (restart: [String], protection: [String]) {
        let new = try ConfigurationLoader.load(path: configuration.file)
        try demandTime(for: new)
        new.applyLogLevel()
        recorder.setLimit(bytes: new.log.eventLogLimitBytes)
        let waiting = settings.withLock { current in
            defer { current = current.following(new) }
            return (new.changesNeedingRestart(from: current), new.changesNeedingProtection(from: current))
        }
        for case .primary(let session) in table.entries.values { session.followSettings() }
        return waiting
    }

    /// The lease arithmetic that both hosts share.
    var leaseTerms: LeaseTerms { configuration.heartbeatConfiguration.leaseTerms }

    /// The decisions that the operator made for two hosts.
    var policy: PrimaryMachine.Policy {
        let configuration = self.configuration
        return PrimaryMachine.Policy(
            moveWhenLanIsLost: configuration.policy.moveWhenLanIsLost, carrierDelay: configuration.policy.carrierDelay,
            detectionTime: configuration.heartbeatConfiguration.timeout,
            controllerPatience: configuration.policy.peerControllerPatience, ownership: configuration.ownershipRules)
    }

    // MARK: Heartbeat

    /// Connects to the heartbeat service, now and whenever it was away.
    func startHeartbeat() throws(HeartbeatError) {
        let settings = configuration.heartbeatConfiguration
        let client = try HeartbeatClient(
            socketPath: settings.socketPath, silence: settings.timeout,
            onReport: { [self] in observe($0) }, onLost: { [self] in observe(nil) })
        heartbeat.withLock { $0 = client }
        _ = publishClaims()
    }

    /// Gives the heartbeat service what this host says of all its domains.
    ///
    /// - Returns: The serial of this list of claims; 0 before the client was made.
    func publishClaims() -> UInt64 {
        // Under the lock, so that a newer list never gets an older serial.
        heartbeat.withLock { $0?.send(claims: table.claims) ?? 0 }
    }

    private func observe(_ report: HeartbeatReport?) {
        for change in heartbeatWatch.withLock({ $0.observe(report) }) { recorder.record(change) }
        let changes = table.observe(report) { domain in
            generations.generation(of: domain) {
                // An unreadable record may hold any generation: then nothing is answered.
                do throws(OwnershipStoreError) {
                    guard let record = try store.record(of: domain) else { return Generation.none }
                    return HostDecisions.owned(record.role, Generation(rawValue: record.generation))
                } catch { return nil }
            }
        }
        if changes.claims { _ = publishClaims() }
        for claim in changes.settled { settle(claim) }
    }

    // MARK: Records

    /// Writes down what this host is for a domain, and why.
    ///
    /// - Parameters:
    ///   - domain: The domain.
    ///   - name: Its name.
    ///   - role: What this host is for it now.
    ///   - generation: The generation under which it is that; with a newer one on record nothing is written.
    ///   - reason: Why.
    ///   - isProtectionWanted: Whether the domain is to be protected whenever that can be done; `nil` leaves it.
    ///   - home: The host on which it was first protected; `nil` leaves it.
    /// - Throws: ``SessionFailure``; the older record is still whole.
    func persist(
        _ domain: DomainIdentity, _ name: String, _ role: OwnershipRecord.Role, _ generation: Generation,
        _ reason: ReasonCode, isProtectionWanted: Bool? = nil, home: String? = nil
    ) throws(SessionFailure) {
        do {
            // What is read must still be true when it is written over.
            try recordLock.withLock { _ in
                defer { generations.forget(domain) }
                let old = try store.record(of: domain)
                // The late word of an older session says nothing about a newer generation.
                if let old, old.generation > generation.rawValue { return }
                try store.write(
                    OwnershipRecord(
                        domain: domain, name: name, generation: generation, role: role, reason: reason,
                        since: Clock.wall, boot: Self.boot,
                        isProtectionWanted: isProtectionWanted ?? old?.isProtectionWanted ?? false,
                        home: home ?? old?.home ?? configuration.ownName))
            }
        } catch { throw SessionFailure(.storageFailed, "\(error)") }
    }

    /// Takes back that a domain without a replica is to be protected again by itself.
    ///
    /// - Parameter domain: The domain.
    /// - Returns: Whether that was the wish.
    /// - Throws: ``SessionFailure`` when it could not be written down.
    func forgetWish(for domain: DomainIdentity) throws(SessionFailure) -> Bool {
        do {
            return try recordLock.withLock { _ in
                guard var record = try store.record(of: domain), record.isProtectionWanted else { return false }
                record.isProtectionWanted = false
                try store.write(record)
                return true
            }
        } catch { throw SessionFailure(.storageFailed, "\(error)") }
    }

    /// Deletes the records that nobody needs any more; see ``RecordAge``.
    func forgetOldRecords() {
        for record in store.all().records {
            guard let domain = DomainIdentity(record.domain) else { continue }
            do {
                try recordLock.withLock { _ in
                    guard let now = try store.record(of: domain),
                        RecordAge.mayForget(
                            now, isInUse: table.speaks(of: domain), report: table.report, wall: Clock.wall)
                    else { return }
                    defer { generations.forget(domain) }
                    try store.remove(domain)
                }
            } catch {
                Log.warning("An old record could not be deleted", ("REPLICACTL_DETAIL", "\(error)"))
            }
        }
    }

    /// The kernel's identifier of this boot.
    static let boot = BootIdentifier.current

    private func recordedGeneration(of domain: DomainIdentity) throws(OwnershipStoreError) -> Generation {
        try store.record(of: domain).map { Generation(rawValue: $0.generation) } ?? .none
    }

    /// The newest generation of a domain that this host has on record or speaks of.
    func ownGeneration(of domain: DomainIdentity) throws(SessionFailure) -> Generation {
        do throws(OwnershipStoreError) {
            return max(try recordedGeneration(of: domain), table.entry(of: domain)?.claim.generation ?? .none)
        } catch { throw SessionFailure(.internalFault, error.description) }
    }

    /// The newest generation of a domain that this host, its peer or the witness is known to have, or that was proposed.
    func knownGeneration(of domain: DomainIdentity) throws(SessionFailure) -> Generation {
        let own = try ownGeneration(of: domain)
        let peers = table.report?.peerClaims.claim(on: domain)?.generation ?? .none
        // The peer may have a proposal on record whose acceptance never came here.
        let proposed = table.entry(of: domain)?.subjectGeneration ?? .none
        return max(own, peers, proposed, try arbiters.recordedGeneration(of: domain))
    }

    /// Under which generation, and why, this host runs a domain without a replica; `nil` where it does not own it.
    func ownership(of domain: DomainIdentity) throws(SessionFailure) -> Proposal.Ownership? {
        let record: OwnershipRecord?
        do throws(OwnershipStoreError) { record = try store.record(of: domain) } catch {
            throw SessionFailure(.internalFault, error.description)
        }
        let recorded = record?.role == .owner ? Generation(rawValue: record?.generation ?? 0) : .none
        let newest = max(recorded, table.entry(of: domain)?.ownedGeneration ?? .none)
        guard newest > .none else { return nil }
        return Proposal.Ownership(generation: newest, reason: record?.reason ?? .operatorRequest)
    }

    // MARK: Replicas

    /// Makes the session of a replica that the peer asks for.
    ///
    /// - Returns: What will do the work, or `nil` for a request that only asks whether it could be done.
    /// - Throws: ``SessionFailure`` with every obstacle.
    func makeReplica(
        _ request: Protect, generation: Generation, _ connection: FrameConnection
    ) throws(SessionFailure) -> ReplicaWorker? {
        let admission = try ReplicaAdmission(
            request, hypervisor: hypervisor, generation: generation, known: try ownGeneration(of: request.identity),
            stagingLimit: configuration.memory.stagingLimitBytes, cacheLimit: configuration.encoding.cacheBytes,
            ownership: configuration.ownershipFingerprint, journalFolder: store.journalFolder)
        if let refusal = admission.refusal {
            throw SessionFailure(
                refusal.reason,
                "\(configuration.ownName) cannot hold a replica of \(request.name): \(refusal.text); \(refusal.hint)")
        }
        if request.checkOnly { return nil }
        let description: DomainConfiguration
        do throws(ToolstackError) { description = try DomainConfiguration(json: request.configuration) } catch {
            throw SessionFailure(.peerRefused, error.description)
        }
        guard description.identity == request.identity else {
            throw SessionFailure(.peerRefused, "the configuration of \(request.name) is another domain's")
        }
        let subject = ReplicaSession.Subject(
            identity: request.identity, name: request.name, disks: request.disks.map(\.resource),
            generation: generation)
        let machine = BackupMachine(
            domain: request.identity, generation: generation, hosts: configuration.hostPair,
            lease: BackupLease(terms: leaseTerms), rules: configuration.ownershipRules,
            hasDisks: !request.disks.isEmpty, plantedFaults: PlantedFault.ofEnvironment)
        let session = ReplicaSession(subject: subject, machine: machine)
        guard table.enter(.replica(session), for: request.identity) == nil else {
            throw SessionFailure(
                .busy, "\(configuration.ownName) is at work for \(request.name), or has too many domains")
        }
        // What an operator tuned here ends when the guest runs elsewhere.
        tunings.withLock { $0[request.identity] = nil }
        // The primary waits to hear that this host has no part in the domain any more but this one.
        _ = publishClaims()
        let environment = ReplicaWorker.Environment(
            hypervisor: hypervisor, configuration: description,
            connectsDirectly: configuration.takeover.hotplug == .direct, frameLimit: request.highestFrame + 1,
            stagingBytes: configuration.memory.stagingLimitBytes, encoding: request.encoding,
            sendTimeout: { [self] in configuration.epoch.acknowledgeTimeout },
            disks: { [self] () throws(SessionFailure) in
                try replicaDisks(request.disks, of: subject.identity, generation)
            },
            lostCopy: { [mirrors] in mirrors.lostCopy(of: $0) },
            ask: { [arbiters] request, mailbox in
                arbiters.ask(
                    request, about: subject.identity, name: subject.name,
                    witnessAnswered: { mailbox.post(.witnessAnswered($0, $1)) },
                    fenced: { mailbox.post(.fenced($0, $1)) })
            },
            rules: { [self] in self.configuration.ownershipRules },
            persist: { [self] (role, newer, reason) throws(SessionFailure) in
                // Whoever takes over a protected domain wants it protected again.
                try persist(
                    subject.identity, subject.name, role, newer, reason,
                    isProtectionWanted: role == .owner ? true : nil, home: request.home)
            },
            claimChanged: { [self] in publishClaims() },
            announce: { [self] domain, addresses in announce(domain, addresses) },
            activated: { [self] domain in
                watch(domain, subject.identity, subject.name, subject.generation.next, kept: description)
            },
            record: { [recorder] in recorder.record($0) })
        return ReplicaWorker(
            session: session, environment: environment, connection: connection, machine: machine)
    }

    private func announce(_ domain: DomainID, _ addresses: [GuestInterface]) {
        do throws(ToolstackError) {
            announcements.begin(
                interfaces: try hypervisor.interfaces(of: domain), addresses: addresses,
                schedule: configuration.announcementSchedule)
        } catch {
            Log.warning("Addresses could not be announced", ("REPLICACTL_DETAIL", error.description))
        }
    }
}
