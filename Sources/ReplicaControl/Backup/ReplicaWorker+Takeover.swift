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

    /// Ends the checkpoints' stream: the replica becomes a whole domain that stands still.
    func restore() throws(SessionFailure) {
        takeover = TakeoverRecord(lastHeard: lastHeard, decided: Clock.wall)
        let begun = takeover
        session.publish { $0.takeover = begun }
        // What still lies in staging was never committed.
        if let refused = pending.take() { staging?.giveBack(refused.slot) }
        guard helper != nil else { throw SessionFailure(.activationFailed, "the restore helper is gone") }
        do throws(ToolstackError) {
            try helper.use { (helper) throws(ToolstackError) in
                helper.finishStream()
                _ = try helper.waitRestored(timeout: Self.restoreBound)
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
        let domain: DomainID
        do throws(ToolstackError) {
            domain = try startReplica(&helper)
            record.activated = Clock.wall
        } catch { throw SessionFailure(.activationFailed, error.description) }
        do throws(SessionFailure) { try disks?.own() } catch { self.record(error) }
        environment.announce(domain, addresses)
        record.announced = Clock.wall
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
