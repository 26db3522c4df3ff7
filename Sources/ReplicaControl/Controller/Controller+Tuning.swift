// Changes the rhythm of running protections, and gives back what a dead controller took from their guests.

internal import Pacing
internal import ReplicaModel
internal import Synchronization
internal import Telemetry
internal import XenToolstack

extension Controller {
    /// Does what `replicactl tune` asks for.
    ///
    /// - Parameters:
    ///   - name: The domain.
    ///   - tuning: The wish; checked here as well, because it came over a socket.
    /// - Returns: What holds now.
    /// - Throws: ``CommandError`` when the domain is not protected by this host, or the wish is not within its bounds.
    func tune(_ name: String, _ tuning: Tuning) throws(CommandError) -> ControlResult {
        let goal: PacingRules.Goal?
        do throws(Tuning.Refusal) {
            goal = try tuning.goal(acknowledgedWithin: configuration.epoch.acknowledgeTimeout)
        } catch { throw CommandError(error) }
        guard let session = primary(named: name), session.snapshot.hasRhythm else {
            throw CommandError(
                .notProtected, "\(name) is not protected by this host",
                hint: "run it on the host on which the guest runs; see `replicactl status`")
        }
        let subject = session.subject
        tunings.withLock { $0[subject.identity] = goal }
        session.followSettings()
        let inForce = goal ?? configuration.pacingGoal(of: subject.name)
        return ControlResult(
            message: "\(subject.name): \(inForce.words)" + (goal == nil ? ", as the configuration says" : ""))
    }

    /// Refuses a configuration whose acknowledgements would be awaited for less than an interval that a protection is tuned to.
    ///
    /// - Parameter new: What was read.
    /// - Throws: ``ConfigurationError``.
    func demandTime(for new: Configuration) throws(ConfigurationError) {
        let tuned = tunings.withLock { $0 }
        let problems = table.entries.values.compactMap { entry -> ConfigurationError.Problem? in
            guard case .primary(let session) = entry, let goal = tuned[session.subject.identity] else { return nil }
            return goal.problem(of: session.subject.name, in: new)
        }
        if !problems.isEmpty { throw ConfigurationError(problems: problems) }
    }

    /// The settings of a protection as they are now.
    func protectionSettings(_ domain: DomainIdentity, _ name: String) -> ProtectionSettings {
        ProtectionSettings(configuration, domain: name, tuned: tunings.withLock { $0[domain] })
    }

    /// Gives guests their processor time back that no session holds back any more (safety rule 5).
    ///
    /// Also called before a guest's configuration is read: its cap is part of it, and its replica or successor gets it.
    func restoreProcessorCaps() {
        let busy = table.entries.values.compactMap { entry -> DomainID? in
            guard case .primary(let session) = entry, session.snapshot.holdsProcessor else { return nil }
            return session.subject.id
        }
        do throws(ToolstackError) {
            let left = try ProcessorCap.restoreLeftovers(hypervisor: hypervisor, except: Set(busy))
            for domain in left.restored {
                recorder.record(
                    Decision(
                        role: .controller, reason: .throttleLifted,
                        detail: "domain \(domain) was left throttled by an earlier session"))
            }
            if let failure = left.failure { throw failure }
        } catch {
            Log.warning("A processor cap could not be restored", ("REPLICACTL_DETAIL", error.description))
        }
    }
}
