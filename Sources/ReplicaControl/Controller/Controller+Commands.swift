// What the operator's commands do.

internal import CheckpointStream
internal import Heartbeat
internal import ReplicaModel
internal import ReplicaProtocol
internal import SystemKit
internal import Telemetry
internal import XenToolstack

extension Controller: ControlHandler {
    /// Does what one request asks for; see ``ControlHandler``.
    ///
    /// - Parameters:
    ///   - request: What is asked for.
    ///   - progress: Shows how far it is.
    ///   - isCancelled: Whether the operator has gone.
    /// - Returns: The reply.
    /// - Throws: ``CommandError``.
    public func handle(
        _ request: ControlRequest, progress: (ProgressUpdate) -> Void, isCancelled: () -> Bool
    ) throws(CommandError) -> ControlResult {
        recorder.recordRequest(request)
        switch request.command {
        case .status:
            forgetEndedDomains()
            return ControlResult(status: status)
        case .check: return ControlResult(check: try check(try name(request), progress))
        case .protect: return try protect(try name(request), to: request.to, progress, isCancelled)
        case .unprotect: return try unprotect(try name(request), progress)
        case .switchover: return try switchOver(try name(request), progress)
        case .failback: return try failBack(try name(request), progress)
        case .takeover: return try takeOver(try name(request), progress)
        case .tune: return try tune(try name(request), request.tuning ?? Tuning())
        case .reload: return try reload()
        }
    }

    private func name(_ request: ControlRequest) throws(CommandError) -> String {
        guard let name = request.domain, !name.isEmpty else {
            throw CommandError(.usage, "the request names no domain")
        }
        return name
    }

    // MARK: reload

    private func reload() throws(CommandError) -> ControlResult {
        let waiting: (restart: [String], protection: [String])
        do throws(ConfigurationError) { waiting = try reloadConfiguration() } catch {
            throw CommandError(
                .badConfiguration, "nothing was changed:\n\(error)", hint: "docs/configuration.md describes every key")
        }
        Log.notice(
            "The configuration was read again",
            ("REPLICACTL_WAITING", (waiting.restart + waiting.protection).joined(separator: " ")))
        return ControlResult(message: ReloadText.message(restart: waiting.restart, protection: waiting.protection))
    }

    // MARK: check

    private func check(_ name: String, _ progress: (ProgressUpdate) -> Void) throws(CommandError) -> CheckReport {
        progress(ProgressUpdate(stage: .checking))
        let candidate = try examine(name)
        var obstacles = candidate.preflight.obstacles + arbiters.obstacles
        var passed = candidate.preflight.passed
        do throws(SessionFailure) {
            let connection = try PeerDial.connect(configuration)
            defer { connection.shutdown() }
            try askPeer(connection, candidate)
            passed.append("\(configuration.peer.name) can hold its replica")
        } catch {
            obstacles.append(CommandError(error.reason, error.text))
        }
        return CheckReport(domain: candidate.facts.configuration.name, obstacles: obstacles, passed: passed)
    }

    private func askPeer(_ connection: FrameConnection, _ candidate: Candidate) throws(SessionFailure) {
        let answer = try connected { () throws(TransportError) in
            try connection.send(
                .protect(request(candidate, checkOnly: true)), generation: .none, timeout: PeerDial.timeout)
            return try connection.receive(timeout: PeerDial.timeout)
        }
        switch answer.content {
        case .message(.ready): return
        case .message(.refuse(let refusal)): throw SessionFailure(refusal)
        case .message, .bulk: throw SessionFailure(.connectionLost, "the peer gave no answer that is known")
        }
    }

    // MARK: protect

    private func protect(
        _ name: String, to host: String?, _ progress: (ProgressUpdate) -> Void, _ isCancelled: () -> Bool
    ) throws(CommandError) -> ControlResult {
        guard host == nil || host == configuration.peer.name else {
            throw CommandError(
                .unknownPeer, "\(host ?? "") is not the peer of this host",
                hint: "the configured peer is \(configuration.peer.name)")
        }
        progress(ProgressUpdate(stage: .checking))
        let session = try beginProtection(try examine(name))
        var shown: ProgressUpdate?
        var wasCancelled = false
        while true {
            let snapshot = session.snapshot
            if let update = snapshot.progress, update != shown {
                progress(update)
                shown = update
            }
            // Once it was told to stop, a first checkpoint that is acknowledged meanwhile does not count.
            if !wasCancelled, snapshot.isCovered {
                return ControlResult(message: "\(session.subject.name) is protected by \(configuration.peer.name)")
            }
            if snapshot.hasEnded {
                let failure = snapshot.failure ?? SessionFailure(.cancelled, "protecting \(name) was cancelled")
                throw CommandError(
                    failure.reason, "\(session.subject.name) is not protected: \(failure.text)",
                    hint: "the guest runs on untouched")
            }
            if isCancelled(), !wasCancelled {
                wasCancelled = true
                session.stop(.cancelled)
            }
            Clock.sleep(milliseconds: 100)
        }
    }

    // MARK: unprotect

    private func unprotect(_ name: String, _ progress: (ProgressUpdate) -> Void) throws(CommandError) -> ControlResult {
        if let message = try forgetWish(name) { return ControlResult(message: message) }
        guard let session = primary(named: name), !session.snapshot.hasEnded else {
            throw CommandError(.notProtected, "\(name) is not protected by this host", hint: "see `replicactl status`")
        }
        progress(ProgressUpdate(stage: .removing))
        session.stop(.operatorRequest)
        let deadline = Clock.monotonic + Self.unprotectBound
        while !session.snapshot.hasEnded {
            guard Clock.monotonic < deadline else {
                throw CommandError(
                    .busy, "the end of the protection of \(name) is under way and waits for \(configuration.peer.name)",
                    hint:
                        "its output is held until the peer has given its replica up or is dead; see `replicactl status`"
                )
            }
            Clock.sleep(milliseconds: 50)
        }
        return ControlResult(message: "\(name) is not protected any more and runs on")
    }

    /// How long `unprotect` waits for the peer, in nanoseconds.
    private static let unprotectBound: UInt64 = 60_000_000_000

    /// Takes back that a domain without a replica is to be protected again by itself.
    private func forgetWish(_ name: String) throws(CommandError) -> String? {
        guard let entry = table.entry(named: name), entry.runsAlone else { return nil }
        let domain = entry.claim.domain
        do throws(SessionFailure) { guard try forgetWish(for: domain) else { return nil } } catch {
            throw CommandError(error.reason, error.text)
        }
        // A session that came in between is told as well.
        if case .primary(let session)? = table.entry(of: domain), !session.snapshot.hasEnded {
            session.stop(.operatorRequest)
        }
        return "\(entry.name) has no replica and will not get one by itself; it runs on"
    }

    func primary(named name: String) -> PrimarySession? {
        if case .primary(let session)? = table.entry(named: name) { session } else { nil }
    }
}
