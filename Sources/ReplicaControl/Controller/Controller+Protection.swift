// Begins and ends protections of this host's domains, and takes up those that a dead controller left.

internal import CheckpointStream
internal import DiskMirror
internal import Heartbeat
internal import ReplicaModel
internal import ReplicaProtocol
internal import Synchronization
internal import SystemKit
internal import Telemetry
internal import XenToolstack

extension Controller {
    /// What is known of a domain that the operator named.
    struct Candidate {
        let facts: GuestFacts
        let disks: [GuestDisk]
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
            restoreProcessorCaps()
            let description = try ToolstackHelper.describe(information.id) { line in
                Log.info("libxl", ("REPLICACTL_DOMAIN", name), ("REPLICACTL_DETAIL", line))
            }
            let facts = try hypervisor.facts(of: information.id, configuration: description)
            let disks = DiskFindings(
                facts.disks, of: facts.configuration.name, journalFolder: store.journalFolder)
            return Candidate(
                facts: facts, disks: disks.disks,
                preflight: Preflight(
                    facts: facts, disks: disks, host: try hypervisor.host(), report: table.report),
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
            maximumCheckpointBytes: UInt64(configuration.memory.stagingLimitBytes),
            ownership: configuration.ownershipFingerprint, home: home(of: facts.information.identity),
            disks: candidate.disks.map(\.description), encoding: configuration.encoding.terms)
    }

    private func home(of domain: DomainIdentity) -> String {
        (try? store.record(of: domain))?.home ?? configuration.ownName
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
        let identity = facts.information.identity
        let generation: Generation
        let owned: Proposal.Ownership?
        do throws(SessionFailure) {
            owned = try ownership(of: identity)
            generation = try knownGeneration(of: identity).next
        } catch { throw CommandError(error.reason, error.text) }
        if let report = table.report, report.peerOwns(identity, newerThan: owned?.generation ?? .none) {
            throw CommandError(
                .ownedElsewhere, "\(configuration.peer.name) says that it owns \(name)",
                hint: "look at `replicactl status` on both hosts")
        }
        let subject = PrimarySession.Subject(
            identity: identity, id: facts.information.id, name: name,
            interfaces: facts.interfaces.map(\.hostInterface), disks: candidate.disks.map(\.resource),
            generation: generation)
        let proposal = Proposal(owned: owned, generation: generation) { machine(identity, $0) }
        let configuration = self.configuration
        let book = GuestAddressBook(interfaces: facts.interfaces, configured: configuration.addresses(of: name))
        return try start(
            subject, proposal.present, kept: facts.configuration, disks: candidate.disks,
            seed: PrimaryWorker.Seed(
                connect: { () throws(SessionFailure) in try PeerDial.connect(configuration) },
                machine: proposal.accepted, request: request(candidate, checkOnly: false), policy: candidate.policy,
                devices: facts.devices, addresses: { book.interfaces }))
    }

    private func machine(_ domain: DomainIdentity, _ generation: Generation) -> PrimaryMachine {
        PrimaryMachine(
            domain: domain, generation: generation, hosts: configuration.hostPair,
            lease: PrimaryLease(terms: leaseTerms), policy: policy, plantedFaults: PlantedFault.ofEnvironment)
    }

    /// Takes a domain of this host up that has a record and no session.
    ///
    /// - Parameters:
    ///   - record: What this host was for it.
    ///   - identity: The domain.
    /// - Throws: ``CommandError`` when that could not be done now.
    func takeUp(_ record: OwnershipRecord, _ identity: DomainIdentity) throws(CommandError) {
        let information: DomainInformation?
        do throws(ToolstackError) {
            information = try hypervisor.domain(with: identity).flatMap { $0.state == .dying ? nil : $0 }
        } catch { throw Self.commandError(error) }
        if try awaitsItsHelper(record, information) { return }
        let beginning = HostDecisions.beginning(
            record.role, isPresent: information != nil, isSameBoot: !Self.boot.isEmpty && record.boot == Self.boot)
        stand(beginning, identity, record)
        guard beginning.isTakenUp, let information else { return }
        let kept: DomainConfiguration
        let interfaces: [String]
        let facts: [GuestFacts.Disk]
        let disks: [GuestDisk]
        do throws(ToolstackError) {
            kept = try ToolstackHelper.describe(information.id) { line in
                Log.info("libxl", ("REPLICACTL_DOMAIN", record.name), ("REPLICACTL_DETAIL", line))
            }
            interfaces = try hypervisor.interfaces(of: information.id).map(\.hostInterface)
            facts = try hypervisor.disks(of: information.id)
        } catch { throw Self.commandError(error) }
        // A disk that is left out here would be held for ever (safety rule 5): the next round looks again.
        do throws(MirrorError) { disks = try GuestDisk.all(of: facts) } catch {
            throw CommandError(.diskMirrorFailed, error.description)
        }
        let subject = PrimarySession.Subject(
            identity: identity, id: information.id, name: information.name ?? record.name, interfaces: interfaces,
            disks: disks.map(\.resource), generation: Generation(rawValue: record.generation))
        let machine = machine(identity, subject.generation)
        switch beginning {
        case .own:
            _ = try start(
                subject, machine.owning(because: record.reason), kept: kept, disks: disks, seed: nil,
                since: record.since)
        case .adopt:
            _ = try start(subject, machine.adopting(wasHandedOver: false), kept: kept, disks: disks, seed: nil)
        case .adoptHandedOver:
            _ = try start(subject, machine.adopting(wasHandedOver: true), kept: kept, disks: disks, seed: nil)
        case .surrender, .disarmPeer, .giveBack, .leave: break
        }
    }

    /// Makes the claim that a beginning asks for on a domain that is not on this host.
    private func stand(_ beginning: HostDecisions.Beginning, _ identity: DomainIdentity, _ record: OwnershipRecord) {
        let generation = Generation(rawValue: record.generation)
        guard let claim = HostDecisions.claim(beginning, on: identity, generation: generation) else { return }
        table.stand(claim)
        recorder.recordStanding(claim, record.name, beginning)
        _ = publishClaims()
    }

    /// Whether a domain that was being taken over is still on the way out.
    ///
    /// The controller died between the record and the order to run. Its restore helper takes the paused replica away; until
    /// then nothing may be said of it, or the old primary would discard the only copy (safety rule 4).
    ///
    /// - Throws: ``CommandError`` while it is so; the next round looks again.
    private func awaitsItsHelper(
        _ record: OwnershipRecord, _ information: DomainInformation?
    ) throws(CommandError) -> Bool {
        guard record.role == .owner, let identity = DomainIdentity(record.domain) else { return false }
        if let information, information.state == .paused, information.name == ReplicaName.of(record.name) {
            housekeeping.withLock { _ = $0.unfinished.insert(identity) }
            throw CommandError(
                .busy, "the takeover of \(record.name) was broken off, and its replica is being taken away")
        }
        guard information == nil, housekeeping.withLock({ $0.unfinished.remove(identity) }) != nil else { return false }
        do throws(SessionFailure) {
            try persist(
                identity, record.name, .successor, Generation(rawValue: record.generation), .activationFailed)
        } catch { throw CommandError(error.reason, error.text) }
        stand(.giveBack, identity, record)
        return true
    }

    private func start(
        _ subject: PrimarySession.Subject, _ machine: PrimaryMachine, kept: DomainConfiguration, disks: [GuestDisk],
        seed: PrimaryWorker.Seed?, since: UInt64 = Clock.wall
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
            settings: { [self] in protectionSettings(subject.identity, subject.name) },
            policy: { [self] in self.policy }, hypervisor: hypervisor, disks: disks, mirrors: mirrors, seed: seed,
            ask: { [arbiters] request, mailbox in
                arbiters.ask(
                    request, about: subject.identity, name: subject.name,
                    witnessAnswered: { mailbox.post(.witnessAnswered($0, $1)) },
                    fenced: { mailbox.post(.fenced($0, $1)) })
            },
            persist: { [self] (role, generation, reason) throws(SessionFailure) in
                // An operator who ended the protection is not overruled by what ended it in fact.
                let isUnwanted = role == .owner && (reason.endsTheWish || session.stopReason?.endsTheWish == true)
                try persist(
                    subject.identity, subject.name, role, generation, reason,
                    isProtectionWanted: role == .surrendered || reason == .guestProtected
                        ? true : isUnwanted ? false : nil)
            },
            claimChanged: { [self] in _ = publishClaims() },
            destroy: { [self] () throws(SessionFailure) in
                guestEnds.forget(subject.id)
                try destroy(subject)
            },
            guestEnded: { [self] end in
                var subject = subject
                subject.generation = session.claim.generation
                finishGuest(subject, end, kept: kept)
            },
            record: { [recorder] in recorder.record($0) })
        do throws(SystemError) {
            try session.start { PrimaryWorker(session: $0, environment: environment, machine: machine) }
        } catch {
            table.remove(subject.identity)
            throw CommandError(.internalFault, error.description)
        }
        guestEnds.watch(subject.id, identity: subject.identity) { session.guestEnded($0) }
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
