// The takeover of a replica: the stream ends, the domain becomes whole, and runs.

internal import CheckpointStream
internal import ReplicaModel
internal import ReplicaProtocol
internal import SystemKit
internal import Telemetry
internal import XenToolstack

extension ReplicaWorker {
    /// Libxl's devices and scripts have this long to be ready.
    private static let restoreBound: Milliseconds = 120_000

    /// Notes the time of the decision, from which there is no way back to a replica that waits, and has libxl begin at once.
    ///
    /// Libxl makes the domain whole while the takeover is written down and the disks are taken. The domain stays paused, and
    /// nothing opens a mirrored disk before it is taken (safety rules 2 and 3).
    func beginTakeover() {
        takeover = TakeoverRecord(lastHeard: lastHeard, decided: Clock.wall)
        let begun = takeover
        session.publish { $0.takeover = begun }
        let hasNoDisks = session.subject.disks.isEmpty
        helper.use { helper in if hasNoDisks || helper.opensDisksLast { helper.finishStream() } }
    }

    /// Takes the disks back to the memory's epoch, and makes them this host's.
    ///
    /// - Parameter barrier: The barrier that they go back to.
    /// - Throws: ``SessionFailure`` when a disk could not be taken.
    func takeDisks(_ barrier: Epoch?) throws(SessionFailure) {
        try disks?.rollBack(to: barrier)
        takeover?.disksTaken = Clock.wall
        decide(.rolledBack)
    }

    /// Ends the checkpoints' stream, where it has not ended yet: the replica becomes a whole domain that stands still.
    func restore() throws(SessionFailure) {
        // What still lies in staging was never committed.
        if let refused = pending.take() { staging?.giveBack(refused.slot) }
        guard helper != nil else { throw SessionFailure(.activationFailed, "the restore helper is gone") }
        do throws(ToolstackError) {
            try helper.use { (helper) throws(ToolstackError) in
                helper.finishStream()
                _ = try helper.waitRestored(timeout: Self.restoreBound)
                takeover?.assembled = Clock.wall
                try helper.connectDevices()
            }
        } catch { throw SessionFailure(.activationFailed, error.description) }
        takeover?.restored = Clock.wall
        decide(.restored)
    }

    /// Lets the restored domain run, once it is on record as this host's.
    func runReplica() throws(SessionFailure) {
        guard var helper = helper.take() else {
            throw SessionFailure(.activationFailed, "the restore helper is gone")
        }
        var record = takeover ?? TakeoverRecord(lastHeard: lastHeard, decided: Clock.wall)
        record.recorded = Clock.wall
        let domain: DomainID
        do throws(ToolstackError) {
            domain = try startReplica(&helper)
            record.activated = Clock.wall
        } catch { throw SessionFailure(.activationFailed, error.description) }
        // The guest's own first frame takes longer: its driver has to find its host end again.
        environment.announce(domain, addresses)
        record.announced = Clock.wall
        do throws(SessionFailure) { try disks?.own() } catch { self.record(error) }
        let finished = record
        session.publish {
            $0.takeover = finished
            $0.domain = domain.rawValue
        }
        decide(.activated)
        environment.activated(domain)
        try? send(.activated, Epoch.none)
    }

    /// Orders the restored domain to run.
    ///
    /// When the confirmation does not come, the helper is ended and Xen is asked until it answers: a domain that runs, or has
    /// run, is active, and one that is still paused is destroyed, so that "it failed" is never said of a domain that
    /// ran (safety rule 2).
    private func startReplica(_ helper: inout RestoreHelper) throws(ToolstackError) -> DomainID {
        let failure: ToolstackError
        do throws(ToolstackError) {
            return try helper.activate(finalName: session.subject.name)
        } catch { failure = error }
        helper.kill()
        var isTold = false
        while true {
            do throws(ToolstackError) {
                guard let domain = try environment.hypervisor.domain(with: session.subject.identity) else {
                    throw failure
                }
                switch domain.state {
                case .running, .blocked, .shutdown: return domain.id
                case .paused:
                    try ToolstackHelper.destroy(domain.id) { line in Log.info("libxl", ("REPLICACTL_DETAIL", line)) }
                case .dying: break
                }
            } catch {
                if error == failure { throw failure }
                if !isTold { record(SessionFailure(error)) }
                isTold = true
            }
            Clock.sleep(milliseconds: 500)
        }
    }
}
