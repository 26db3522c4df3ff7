// Begins and ends protections of this host's domains, and takes up those that a dead controller left.

internal import CheckpointStream
internal import Heartbeat
internal import ReplicaModel
internal import ReplicaProtocol
internal import SystemKit
internal import Telemetry
internal import XenToolstack

extension Controller {
    /// What is known of a domain that the operator named.
    struct Candidate {
        let facts: GuestFacts
        let preflight: Preflight
        let policy: CPUPolicy
    }

    /// Looks at a domain of this host.
    ///
    /// - Throws: ``CommandError`` when there is no such domain, or it is not one that runs.
    func examine(_ name: String) throws(CommandError) -> Candidate {
        do throws(ToolstackError) {
            let information = try hypervisor.find(nameOrID: name)
            guard information.id != .control else {
                throw ToolstackError.noSuchDomain("\(name) (it is the control domain)")
            }
            switch information.state {
            case .shutdown, .dying: throw ToolstackError.domainGone(information.id)
            case .running, .blocked, .paused: break
            }
            let description = try ToolstackHelper.describe(information.id) { line in
                Log.info("libxl", ("REPLICACTL_DOMAIN", name), ("REPLICACTL_DETAIL", line))
            }
            let facts = try hypervisor.facts(of: information.id, configuration: description)
            return Candidate(
                facts: facts, preflight: Preflight(facts: facts, host: try hypervisor.host(), report: table.report),
                policy: try hypervisor.cpuPolicy(of: information.id))
        } catch {
            throw Self.commandError(error)
        }
    }

    private static func commandError(_ error: ToolstackError) -> CommandError {
        switch error {
        case .noSuchDomain, .ambiguousDomainName: CommandError(.unknownDomain, error.description)
        case .domainGone, .domainShutDown: CommandError(.domainNotRunning, error.description)
        default: CommandError(.internalFault, error.description)
        }
    }

    /// What the backup is asked for.
    func request(_ candidate: Candidate, checkOnly: Bool) -> Protect {
        let facts = candidate.facts
        return Protect(
            identity: facts.information.identity, name: facts.configuration.name,
            configuration: facts.configuration.json,
            highestFrame: facts.information.highestFrame, memoryBytes: facts.memoryBytes,
            bridges: Array(Set(facts.interfaces.compactMap(\.bridge))).sorted(),
            cpuidPolicy: candidate.policy.cpuidLeaves, msrPolicy: candidate.policy.msrEntries, checkOnly: checkOnly,
            maximumCheckpointBytes: UInt64(configuration.memory.stagingLimitBytes))
    }

    /// Begins to protect a domain; the session goes on by itself.
    ///
    /// - Throws: ``CommandError`` when the domain is protected already, or obstacles were found.
    func beginProtection(_ candidate: Candidate) throws(CommandError) -> PrimarySession {
        let facts = candidate.facts
        let name = facts.configuration.name
        let obstacles = candidate.preflight.obstacles
        if let first = obstacles.first {
            guard obstacles.count > 1 else { throw first }
            throw CommandError(
                .notProtectable, "\(name) cannot be protected: " + obstacles.map(\.message).joined(separator: "; "),
                hint: obstacles.map(\.hint).joined(separator: "; "))
        }
        let generation: Generation
        do throws(SessionFailure) { generation = try knownGeneration(of: facts.information.identity).next } catch {
            throw CommandError(error.reason, error.text)
        }
        let subject = PrimarySession.Subject(
            identity: facts.information.identity, id: facts.information.id, name: name,
            interfaces: facts.interfaces.map(\.hostInterface), generation: generation)
        var machine = PrimaryMachine(
            domain: subject.identity, generation: generation, lease: PrimaryLease(terms: leaseTerms), policy: policy)
        #if PLANTED_FAULTS
            machine.plantedFaults = PlantedFault.ofEnvironment
        #endif
        let configuration = self.configuration
        let book = GuestAddressBook(interfaces: facts.interfaces, configured: configuration.addresses(of: name))
        return try start(
            subject, machine,
            seed: PrimaryWorker.Seed(
                connect: { () throws(SessionFailure) in try PeerDial.connect(configuration) },
                request: request(candidate, checkOnly: false), policy: candidate.policy,
                addresses: { book.interfaces }))
    }

    /// Takes up the domains that an earlier controller of this host left on record (safety rule 1: held output stays
    /// held until the peer's word).
    func adoptRecordedDomains() {
        let (records, failures) = store.all()
        for failure in failures {
            Log.error("An ownership record cannot be used", ("REPLICACTL_DETAIL", failure.description))
        }
        for record in records {
            guard let identity = DomainIdentity(record.domain) else { continue }
            do throws(CommandError) { try adopt(record, identity) } catch {
                recorder.recordNotTakenUp(identity, record.name, error)
            }
        }
    }

    private func adopt(_ record: OwnershipRecord, _ identity: DomainIdentity) throws(CommandError) {
        let information: DomainInformation?
        let interfaces: [String]
        do throws(ToolstackError) {
            information = try hypervisor.domain(with: identity)
            guard let information, information.name == record.name else { return }
            interfaces = try hypervisor.interfaces(of: information.id).map(\.hostInterface)
        } catch { throw Self.commandError(error) }
        guard let information else { return }
        let subject = PrimarySession.Subject(
            identity: identity, id: information.id, name: record.name, interfaces: interfaces,
            generation: Generation(rawValue: record.generation))
        let lease = PrimaryLease(terms: leaseTerms)
        switch record.role {
        case .owner:
            let machine = PrimaryMachine.owning(
                domain: identity, generation: subject.generation, lease: lease, policy: policy, reason: record.reason)
            _ = try start(subject, machine, seed: nil, since: record.since)
        case .primary:
            let machine = PrimaryMachine.adopting(
                domain: identity, generation: subject.generation, lease: lease, policy: policy)
            _ = try start(subject, machine, seed: nil)
        case .backup, .former: break
        }
    }

    private func start(
        _ subject: PrimarySession.Subject, _ machine: PrimaryMachine, seed: PrimaryWorker.Seed?,
        since: UInt64 = Clock.wall
    ) throws(CommandError) -> PrimarySession {
        let session = PrimarySession(subject: subject, machine: machine, since: since)
        if let old = table.enter(.primary(session), for: subject.identity) {
            if case .primary(let other) = old, other === session {
                throw CommandError(.busy, "this host protects or holds as many domains as it can")
            }
            throw CommandError(
                .alreadyProtected, "\(subject.name) is protected already, or on the way to it",
                hint: "see `replicactl status`")
        }
        let environment = PrimaryWorker.Environment(
            settings: { [self] in ProtectionSettings(configuration, domain: subject.name) },
            policy: { [self] in self.policy }, hypervisor: hypervisor, seed: seed,
            persist: { [self] (role, reason) throws(SessionFailure) in
                try persist(subject.identity, subject.name, role, subject.generation, reason)
            },
            claimChanged: { [self] in _ = publishClaims() },
            destroy: { [self] () throws(SessionFailure) in try destroy(subject) },
            record: { [recorder] in recorder.record($0) })
        do throws(SystemError) {
            try session.start { PrimaryWorker(session: $0, environment: environment, machine: machine) }
        } catch {
            table.remove(subject.identity)
            throw CommandError(.internalFault, error.description)
        }
        return session
    }

    /// Destroys every copy of a domain that runs on this host, under whatever number.
    private func destroy(_ subject: PrimarySession.Subject) throws(SessionFailure) {
        do throws(ToolstackError) {
            for domain in try hypervisor.domains() where domain.identity == subject.identity && domain.state != .dying {
                try ToolstackHelper.destroy(domain.id) { line in
                    Log.info("libxl", ("REPLICACTL_DOMAIN", subject.name), ("REPLICACTL_DETAIL", line))
                }
            }
        } catch { throw SessionFailure(error) }
    }
}
