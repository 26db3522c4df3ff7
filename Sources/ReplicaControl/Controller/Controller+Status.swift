// The state of everything, for `replicactl status`.

internal import Fencing
internal import Heartbeat
internal import ReplicaModel
internal import ReplicaProtocol
internal import Synchronization
internal import SystemKit
internal import Witness
internal import XenToolstack

extension Controller {
    /// What this host is for each of its domains, and what it knows of the peer.
    var status: ControllerStatus {
        var domains = table.entries.values.map(status(of:)).sorted { $0.name < $1.name }
        for index in domains.indices {
            domains[index].protectionTime = recorder.protectionTime(of: domains[index].uuid)
        }
        return ControllerStatus(
            version: Version.current, host: configuration.ownName, peer: peerStatus(table.report),
            ownership: ownershipStatus,
            domains: domains)
    }

    private var ownershipStatus: OwnershipStatus {
        var status = OwnershipStatus(
            rules: configuration.ownershipWords, problems: housekeeping.withLock { $0.unreadable })
        if let witness = arbiters.witnessStatus {
            status.witnessReachable = witness.isReachable
            status.witnessEndpoint = witness.endpoint
            status.witnessRoundTripMicroseconds = witness.roundTripMicroseconds
            status.witnessFailure = witness.failure?.text
        }
        if let fencing = arbiters.fenceStatus {
            status.fenced = fencing.fenced
            status.fencingFailed = fencing.failed
        }
        return status
    }

    private func peerStatus(_ report: HeartbeatReport?) -> PeerStatus {
        guard let report else { return PeerStatus(name: configuration.peer.name, verdict: .unknown) }
        let now = MonotonicTime(nanoseconds: Clock.monotonic)
        let paths = report.paths.map { path in
            PathStatus(
                name: path.name, network: path.network == .lan ? "lan" : "replication", alive: !path.isSilent,
                carrier: path.localCarrier,
                lastHeardMilliseconds: path.lastHeard.map { now.nanoseconds(since: $0) / 1_000_000 })
        }
        var status = PeerStatus(name: configuration.peer.name, verdict: .unknown, paths: paths)
        switch report.verdict {
        case .unknown: break
        case .alive, .suspect: status.verdict = .alive
        case .dead(let since):
            status.verdict = .dead
            status.since = Timestamp.rfc3339(wall: Clock.wall - now.nanoseconds(since: since))
        }
        for reason in DatagramRefusal.allCases where report.refusals[reason] > 0 {
            status.refusedDatagrams["\(reason)"] = report.refusals[reason]
        }
        return status
    }

    private func status(of entry: SessionTable.Entry) -> DomainStatus {
        switch entry {
        case .primary(let session): status(of: session)
        case .replica(let session): status(of: session)
        }
    }

    private func status(of session: PrimarySession) -> DomainStatus {
        let snapshot = session.snapshot
        let (state, reason): (DomainStatus.State, ReasonCode?) =
            switch snapshot.state {
            case .seeding: (.seeding, nil)
            case .protecting: (snapshot.claim.epoch > .none ? .protected : .seeding, nil)
            case .holding(let reason), .surrendering(let reason), .surrendered(let reason): (.holding, reason)
            case .unprotected(let reason): (.unprotected, reason)
            case .standingDown(let reason): (.standingDown, reason)
            }
        return DomainStatus(
            name: session.subject.name, uuid: session.subject.identity.description, domid: session.subject.id.rawValue,
            role: .primary, state: state, generation: snapshot.claim.generation.rawValue,
            epoch: snapshot.claim.epoch.rawValue, since: Timestamp.rfc3339(wall: snapshot.since),
            reason: Self.words(reason, snapshot.failure),
            unprotectedSince: snapshot.unprotectedSince.map(Timestamp.rfc3339(wall:)),
            lastEpoch: snapshot.lastEpoch, epochs: snapshot.statistics.summary, pacing: snapshot.pacing,
            output: snapshot.output, staging: snapshot.staging, disks: mirrors.status(of: session.subject.disks),
            encoding: snapshot.encoding)
    }

    private func status(of session: ReplicaSession) -> DomainStatus {
        let snapshot = session.snapshot
        let (state, reason): (DomainStatus.State, ReasonCode?) =
            switch snapshot.state {
            case .receiving: (.receiving, nil)
            case .armed, .withdrawing, .deciding: (.armed, nil)
            case .activating(let reason): (.activating, reason)
            case .active(let reason): (.active, reason)
            case .discarded(let reason): (.released, reason)
            }
        return DomainStatus(
            name: session.subject.name, uuid: session.subject.identity.description, domid: snapshot.domain,
            role: .backup, state: state, generation: snapshot.claim.generation.rawValue,
            epoch: snapshot.claim.epoch.rawValue, since: Timestamp.rfc3339(wall: snapshot.since),
            reason: Self.words(reason, snapshot.failure), staging: snapshot.staging,
            disks: mirrors.status(of: session.subject.disks), takeover: snapshot.takeover,
            encoding: snapshot.encoding)
    }

    private static func words(_ reason: ReasonCode?, _ failure: SessionFailure?) -> StatusReason? {
        reason.map { StatusReason($0, failure?.reason == $0 ? failure?.text ?? $0.meaning : $0.meaning) }
    }
}
