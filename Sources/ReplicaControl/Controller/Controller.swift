// The controller of one host: its domains as primary and as backup, its claims, and its word to the operator.

internal import CheckpointStream
internal import Heartbeat
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
    let recorder: DecisionRecorder
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
    }

    /// The configuration in force; a reload changes it for what begins later.
    var configuration: Configuration { settings.withLock { $0 } }

    /// Reads the file of the configuration again and follows what can be followed.
    ///
    /// - Returns: The changed keys that wait for a restart of the services.
    /// - Throws: ``ConfigurationError``; then nothing has changed.
    func reloadConfiguration() throws(ConfigurationError) -> [String] {
        let new = try ConfigurationLoader.load(path: configuration.file)
        new.applyLogLevel()
        recorder.setLimit(bytes: new.log.eventLogLimitBytes)
        return settings.withLock { current in
            defer { current = current.following(new) }
            return new.changesNeedingRestart(from: current)
        }
    }

    /// The lease arithmetic that both hosts share.
    var leaseTerms: LeaseTerms { configuration.heartbeatConfiguration.leaseTerms }

    /// The decisions that the operator made for two hosts.
    var policy: PrimaryMachine.Policy {
        PrimaryMachine.Policy(
            moveWhenLanIsLost: configuration.policy.moveWhenLanIsLost, carrierDelay: configuration.policy.carrierDelay,
            runUnprotectedWhenPeerIsDead: configuration.policy.onBackupLoss == .runUnprotected,
            detectionTime: configuration.heartbeatConfiguration.timeout)
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
        let changed = table.observe(report) { claim in
            do throws(OwnershipStoreError) {
                return try store.record(of: claim.domain).map { $0.generation > claim.generation.rawValue } ?? false
            } catch {
                // An unreadable record may hold a newer generation: then nothing is answered.
                return true
            }
        }
        if changed { _ = publishClaims() }
    }

    // MARK: Records

    /// Writes down what this host is for a domain, and why.
    func persist(
        _ domain: DomainIdentity, _ name: String, _ role: OwnershipRecord.Role, _ generation: Generation,
        _ reason: ReasonCode
    ) throws(SessionFailure) {
        do throws(OwnershipStoreError) {
            // The late word of an older session says nothing about a newer generation.
            if let newer = try store.record(of: domain), newer.generation > generation.rawValue { return }
            try store.write(
                OwnershipRecord(
                    domain: domain, name: name, generation: generation, role: role, reason: reason, since: Clock.wall))
        } catch { throw SessionFailure(.internalFault, error.description) }
    }

    /// The newest generation of a domain that this host has on record or speaks of.
    func ownGeneration(of domain: DomainIdentity) throws(SessionFailure) -> Generation {
        do throws(OwnershipStoreError) {
            let recorded = try store.record(of: domain).map { Generation(rawValue: $0.generation) } ?? .none
            return max(recorded, table.entry(of: domain)?.claim.generation ?? .none)
        } catch { throw SessionFailure(.internalFault, error.description) }
    }

    /// The newest generation of a domain that this host or its peer is known to have.
    func knownGeneration(of domain: DomainIdentity) throws(SessionFailure) -> Generation {
        max(try ownGeneration(of: domain), table.report?.peerClaims.claim(on: domain)?.generation ?? .none)
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
            stagingLimit: configuration.memory.stagingLimitBytes)
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
        let subject = ReplicaSession.Subject(identity: request.identity, name: request.name, generation: generation)
        let machine = BackupMachine(
            domain: request.identity, generation: generation, lease: BackupLease(terms: leaseTerms))
        let session = ReplicaSession(subject: subject, machine: machine)
        guard table.enter(.replica(session), for: request.identity) == nil else {
            throw SessionFailure(
                .busy, "\(configuration.ownName) is at work for \(request.name), or has too many domains")
        }
        let environment = ReplicaWorker.Environment(
            hypervisor: hypervisor, configuration: description, frameLimit: request.highestFrame + 1,
            stagingBytes: configuration.memory.stagingLimitBytes, sendTimeout: configuration.epoch.acknowledgeTimeout,
            persist: { [self] (role, newer, reason) throws(SessionFailure) in
                try persist(subject.identity, subject.name, role, newer, reason)
            },
            claimChanged: { [self] in publishClaims() },
            announce: { [self] domain, addresses in announce(domain, addresses) },
            record: { [recorder] in recorder.record($0) })
        return ReplicaWorker(session: session, environment: environment, connection: connection, machine: machine)
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
