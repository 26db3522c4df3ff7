// What becomes of a domain of this host whose guest has ended, once no replica of it can take over.

internal import ReplicaModel
internal import ReplicaProtocol
internal import Synchronization
internal import SystemKit
internal import Telemetry
internal import XenToolstack

extension Controller {
    /// Watches over a domain that was activated here and has no session any more.
    func watch(
        _ domain: DomainID, _ identity: DomainIdentity, _ name: String, _ generation: Generation,
        kept: DomainConfiguration
    ) {
        let subject = PrimarySession.Subject(
            identity: identity, id: domain, name: name, interfaces: [], disks: [], generation: generation)
        guestEnds.watch(domain, identity: identity) { [self] end in
            // A session that protects the domain again has its own watch, which replaced this one.
            do throws(SystemError) {
                try Thread(name: "end-\(name)") { self.finishGuest(subject, end, kept: kept) }.detach()
            } catch {
                recorder.recordOutcome(identity, name, .internalFault, error.description)
            }
        }
    }

    /// Does what the guest's configuration wants after its end; all output was let go and nobody else can own the domain.
    ///
    /// - Parameters:
    ///   - subject: The domain.
    ///   - end: How its guest ended.
    ///   - kept: Its configuration, as this host remembers it.
    func finishGuest(_ subject: PrimarySession.Subject, _ end: GuestEnd, kept: DomainConfiguration) {
        let now = MonotonicTime(nanoseconds: Clock.monotonic)
        let previous = housekeeping.withLock { $0.starts[subject.identity] }
        let plan = GuestLifePolicy.plan(
            after: end, actions: kept.lifecycle, replica: .gone, previousStart: previous, at: now)
        guard let plan else { return }
        recorder.recordOutcome(subject.identity, subject.name, end.reason, "the guest \(end)")
        if plan.notBefore > now { Clock.sleep(milliseconds: plan.notBefore.nanoseconds(since: now) / 1_000_000) }
        let outcome = GuestLifePerformer(tools: .ofHost(hypervisor)).perform(plan, on: subject.id, kept: kept)
        if let reason = outcome.reason {
            var detail = ""
            if case .failed(let failure) = outcome { detail = failure.text }
            recorder.recordOutcome(subject.identity, subject.name, reason, detail)
        }
        _ = table.removeReplaceable(subject.identity)
        do throws(SessionFailure) {
            switch outcome {
            case .gone, .kept:
                try persist(
                    subject.identity, subject.name, .former, subject.generation, end.reason, isProtectionWanted: false)
            case .restarted:
                housekeeping.withLock {
                    $0.starts[subject.identity] = MonotonicTime(nanoseconds: Clock.monotonic)
                }
                try persist(subject.identity, subject.name, .owner, subject.generation, .guestRestarted)
                takeUpRecorded(subject.identity)
            case .failed:
                try persist(subject.identity, subject.name, .former, subject.generation, .guestActionFailed)
            }
        } catch {
            recorder.recordOutcome(subject.identity, subject.name, error.reason, error.text)
        }
        _ = publishClaims()
    }
}
