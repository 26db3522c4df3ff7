// The operator's commands that change a domain's owner: switchover, failback and takeover.

internal import Heartbeat
internal import ReplicaModel
internal import ReplicaProtocol
internal import SystemKit
internal import XenToolstack

extension Controller {
    /// How long a move may take before the command says that it is still under way, in nanoseconds.
    private static let moveBound: UInt64 = 120_000_000_000

    /// How long a session has to follow an order that it may refuse, in nanoseconds.
    private static let orderBound: UInt64 = 5_000_000_000

    // MARK: Planned

    /// Moves a protected domain to the peer without loss.
    func switchOver(_ name: String, _ progress: (ProgressUpdate) -> Void) throws(CommandError) -> ControlResult {
        let peer = configuration.peer.name
        guard let session = primary(named: name), !session.snapshot.hasEnded else {
            throw CommandError(
                .notProtected, "\(name) is not protected by this host, so there is nothing to move it to",
                hint: "see `replicactl status`; a switchover is begun on the host on which the guest runs")
        }
        guard session.snapshot.isCovered else {
            throw CommandError(
                .busy, "\(name) is not protected at this moment", hint: "wait until `replicactl status` says protected")
        }
        progress(ProgressUpdate(stage: .moving))
        session.switchOver(.switchover)
        let deadline = Clock.monotonic + Self.moveBound
        while true {
            let snapshot = session.snapshot
            if case .abandoned(let reason) = snapshot.move {
                throw CommandError(
                    reason, "\(session.subject.name) was not moved: \(reason.meaning)",
                    hint: "the guest runs on here, protected as before; see `replicactl events`")
            }
            switch snapshot.state {
            case .standingDown: return ControlResult(message: "\(session.subject.name) runs on \(peer)")
            case .unprotected(let reason):
                throw CommandError(
                    reason == .guestShutDown ? .domainNotRunning : .peerRefused,
                    "\(session.subject.name) was not moved: \(peer) gave its replica up",
                    hint: "the guest runs on here; see `replicactl events` on both hosts")
            case .seeding, .protecting, .holding, .surrendering, .surrendered: break
            }
            guard Clock.monotonic < deadline else {
                throw CommandError(
                    .busy, "the move of \(session.subject.name) is still under way", hint: "see `replicactl status`")
            }
            Clock.sleep(milliseconds: 50)
        }
    }

    /// Moves a domain back to the host on which it was first protected.
    func failBack(_ name: String, _ progress: (ProgressUpdate) -> Void) throws(CommandError) -> ControlResult {
        guard let session = primary(named: name) else {
            throw CommandError(
                .notProtected, "\(name) is not protected by this host",
                hint: "a failback is begun on the host on which the guest runs")
        }
        let home: String?
        do throws(OwnershipStoreError) { home = try store.record(of: session.subject.identity)?.home } catch {
            throw CommandError(.storageFailed, error.description)
        }
        guard home == configuration.peer.name else {
            throw CommandError(
                .busy, "\(session.subject.name) is at home: it was first protected on \(home ?? configuration.ownName)",
                hint: "`replicactl switchover \(session.subject.name)` moves it all the same")
        }
        return try switchOver(name, progress)
    }

    // MARK: Ordered

    /// Makes this host the owner of a domain whose other host is surely off, on an operator's word.
    func takeOver(_ name: String, _ progress: (ProgressUpdate) -> Void) throws(CommandError) -> ControlResult {
        guard let entry = table.entry(named: name) else {
            throw CommandError(
                .notProtected, "this host neither protects \(name) nor has a replica of it",
                hint: "see `replicactl status`")
        }
        let holdsReplica = if case .replica = entry { true } else { false }
        let order = TakeoverOrder(holdsReplica: holdsReplica, report: table.report)
        let peerIsHeard = CommandError(
            .peerAlive, "\(configuration.peer.name) is heard, so nothing is taken over on an operator's word",
            hint: "move the guest with `replicactl switchover` on the host on which it runs")
        switch order {
        case .order, .orderUnlessClaimed: break
        case .heartbeatAway:
            throw CommandError(
                .heartbeatLost, "the heartbeat service of this host is away, so the other host could not be heard",
                hint: "start it with `systemctl start replicactl-heartbeat`, then try again")
        case .peerIsHeard: throw peerIsHeard
        }
        progress(ProgressUpdate(stage: .moving))
        switch entry {
        case .primary(let session): session.order()
        case .replica(let session): session.order()
        }
        let deadline = Clock.monotonic + (order == .order ? Self.moveBound : Self.orderBound)
        while let entry = table.entry(named: name) {
            switch entry {
            case .primary(let session):
                if case .unprotected = session.snapshot.state {
                    return ControlResult(message: "\(session.subject.name) goes on here without a backup")
                }
            case .replica(let session):
                switch session.snapshot.state {
                case .active: return ControlResult(message: "\(session.subject.name) runs here")
                case .discarded(let reason):
                    throw CommandError(reason, "\(session.subject.name) could not be taken over: \(reason.meaning)")
                case .receiving:
                    throw CommandError(.busy, "the replica of \(session.subject.name) is not complete: nothing can run")
                case .armed, .withdrawing, .deciding, .activating: break
                }
            }
            guard Clock.monotonic < deadline else { break }
            Clock.sleep(milliseconds: 50)
        }
        if order == .orderUnlessClaimed { throw peerIsHeard }
        throw CommandError(.busy, "the takeover of \(name) is still under way", hint: "see `replicactl status`")
    }
}
