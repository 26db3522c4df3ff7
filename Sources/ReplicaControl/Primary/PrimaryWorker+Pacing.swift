// When the next epoch begins: what the pacer is told, and what it decides.

internal import OutputBuffer
internal import Pacing
internal import ReplicaModel
internal import ReplicaProtocol
internal import SystemKit

extension PrimaryWorker {
    private var now: MonotonicTime { MonotonicTime(nanoseconds: Clock.monotonic) }

    /// Begins to watch for the guest's output, before the first epoch.
    func beginPacing() throws(SessionFailure) {
        pacer = Pacer(rules: settings.pacing, at: now)
        let mailbox = session.mailbox
        do throws(OutputBufferError) {
            arrivals = try ArrivalWatch(interfaces: session.subject.interfaces) { mailbox.post(.outputWaits) }
        } catch { throw SessionFailure(error) }
    }

    /// Ends what only epochs need: the guest has its processor time back whatever comes now (safety rule 5).
    func endPacing() {
        arrivals.take()?.stop()
        pacer = Pacer(rules: settings.pacing, at: now)
        liftThrottle("the epochs have ended")
    }

    /// Gives the guest its processor time back (safety rule 5); what fails is tried again by ``retryLift()``.
    private func liftThrottle(_ why: String) {
        do throws(SessionFailure) {
            if try throttle.lift(at: now) { record(.throttleLifted, why) }
        } catch { record(error) }
        publishPacing()
    }

    /// Tries again to lift a cap that could not be lifted; a second after the last try.
    func retryLift() {
        guard throttle.isLiftDue(at: now) else { return }
        liftThrottle("it was not needed any more, and could not be given back before")
    }

    /// Shows the rhythm, while epochs run; afterwards what could not be given back.
    func publishPacing() {
        let status = arrivals == nil && throttle.liftFailure == nil ? nil : pacingStatus
        session.publish { $0.pacing = status }
    }

    /// Takes over changed settings, as far as a running session can follow them; nothing of an epoch is lost.
    func followSettings() {
        settings = settings.following(environment.settings())
        machine.policy = environment.policy()
        pacer.rules = settings.pacing
    }

    /// The guest has sent something; a word of it that came late is one of an epoch that is closed already.
    func noteOutput() {
        guard let oldest = arrivals?.oldest else { return }
        pacer.outputWaits(since: MonotonicTime(nanoseconds: oldest))
    }

    /// Handles what comes in until the next epoch is to begin.
    ///
    /// - Parameters:
    ///   - capture: The guest.
    ///   - conditions: What the next checkpoint needs to be worth anything; looked at now and then.
    /// - Throws: ``SessionFailure``; the guest runs on.
    func awaitNextEpoch(
        _ capture: borrowing GuestCapture, _ conditions: inout EpochConditions
    ) throws(SessionFailure) {
        while machine.mayRunEpochs {
            retryLift()
            noteOutput()
            let plan = pacer.plan(at: now)
            let moment = min(plan.start, plan.look ?? plan.start, conditions.due)
            if let event = session.mailbox.next(before: moment.nanoseconds) {
                try handle(event)
                continue
            }
            if now >= conditions.due { try conditions.check(settings) }
            if now >= plan.start { return pacer.begin(plan, at: now) }
            if let look = plan.look, now >= look { pacer.wrote(pages: try capture.writtenPages(), at: now) }
        }
    }

    /// The guest stands still: what it has sent belongs to this epoch.
    func coverOutput() {
        pacer.cover(oldest: arrivals?.closeRound().map { MonotonicTime(nanoseconds: $0) })
    }

    /// Takes an epoch into account that was released just now.
    ///
    /// - Parameter record: What it cost; why it began and how long output was held are added.
    /// - Returns: What to do about the guest's processor time.
    func pace(_ record: inout EpochRecord) -> Throttle.Step {
        let transfer = record.sendMicroseconds + record.acknowledgeMicroseconds
        record.processorPercent = throttle.percent
        let step = pacer.finish(
            EpochCost(
                standstill: record.suspendedMicroseconds * 1_000, transfer: transfer * 1_000, pages: record.dirtyPages,
                released: now))
        record.trigger = pacer.trigger
        record.outputLatencyMicroseconds = pacer.outputLatency.map { $0 / 1_000 }
        return step
    }

    /// Does what was decided about the guest's processor time.
    ///
    /// - Throws: ``SessionFailure`` with ``ReasonCode/overloaded`` when the protection is to end.
    func follow(_ step: Throttle.Step) throws(SessionFailure) {
        switch step {
        case .keep: return
        case .limit(let percent):
            let wasHeldBack = throttle.percent < 100
            do throws(SessionFailure) {
                if try throttle.limit(to: percent, at: now) { record(.guestThrottled, "to \(percent) % for now") }
            } catch {
                pacer.throttleFailed()
                record(error)
                if wasHeldBack, throttle.percent == 100 { record(.throttleLifted, "its share could not be changed") }
            }
            publishPacing()
        case .lift: liftThrottle("it is not needed any more")
        case .giveUp:
            throw SessionFailure(
                .overloaded,
                "the guest writes faster than the link or the backup can take, for longer than "
                    + "\(settings.pacing.overloadPatience.rawValue) ms with \(throttle.percent) % of its "
                    + "processor time left to it")
        }
    }

    /// What the operator is shown.
    var pacingStatus: PacingStatus {
        var status = PacingStatus(
            tuned: settings.isTuned, aimedMilliseconds: pacer.interval.rawValue, trigger: pacer.trigger,
            processorPercent: throttle.percent, liftFailure: throttle.liftFailure)
        switch settings.pacing.goal {
        case .interval(let interval): status.intervalMilliseconds = interval.rawValue
        case .latency(let budget): status.outputLatencyBudgetMilliseconds = budget.rawValue
        }
        return status
    }
}
