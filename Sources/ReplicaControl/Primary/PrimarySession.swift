// One protected domain on the primary, as the rest of the controller sees it; the work is done by a thread of its own.

internal import CheckpointStream
internal import Heartbeat
public import ReplicaModel
internal import ReplicaProtocol
internal import Synchronization
internal import SystemKit
internal import Telemetry
internal import Witness
public import XenToolstack

/// Protects one domain of this host, from the first copy to the last decision.
public final class PrimarySession: Sendable {
    /// What a session is about; it does not change.
    public struct Subject: Sendable {
        /// The domain's identity on every host.
        public var identity: DomainIdentity
        /// Its number on this host.
        public var id: DomainID
        /// Its name.
        public var name: String
        /// The host's names of its network interfaces.
        public var interfaces: [String]
        /// The DRBD resources of the disks that it writes to.
        public var disks: [String]
        /// The generation under which this host owns it.
        public var generation: Generation
    }

    /// What the session's thread is told.
    enum Event: Sendable {
        /// With when it came, in nanoseconds of the monotonic clock.
        case received(Message, generation: Generation, epoch: Epoch, at: UInt64)
        case connectionEnded(String)
        case report(HeartbeatReport)
        case reportsLost
        case stop(ReasonCode)
        case switchover(ReasonCode)
        case ordered
        case witnessAnswered(UInt64, WitnessAnswer)
        case fenced(UInt64, Bool)
        case guestEnded(GuestEnd)
        case outputWaits
        case settingsChanged
        case retire

        /// Whether it says how the peer's host is.
        var isReport: Bool { if case .report = self { true } else { false } }

        /// Whether this report says all that an older one said; a change of carrier or of silence is never passed over.
        func replaces(_ old: Event) -> Bool {
            switch (self, old) {
            case (.report(let new), .report(let old)):
                new.ownLanIsUp == old.ownLanIsUp && new.peerIsSilent == old.peerIsSilent
            case (.reportsLost, .reportsLost), (.outputWaits, .outputWaits), (.settingsChanged, .settingsChanged): true
            default: false
            }
        }
    }

    /// What the session tells others.
    struct Published: Sendable {
        var state: PrimaryMachine.State
        var claim: DomainClaim
        var since = Clock.wall
        var unprotectedSince: UInt64?
        var failure: SessionFailure?
        var progress: ProgressUpdate?
        var lastEpoch: EpochRecord?
        var statistics = EpochStatistics()
        var pacing: PacingStatus?
        var output: OutputStatus?
        var staging: StagingStatus?
        var encoding: EncodingStatus?
        var hasEnded = false
        /// Whether this host's copy of the domain was destroyed, because the peer owns it.
        var isDestroyed = false
        /// How far the move is that was asked for last; `nil` before the first.
        var move: MoveProgress?

        /// Whether another session may take this one's place: never while this host's copy is being destroyed.
        var isReplaceable: Bool {
            if case .standingDown = state { hasEnded && isDestroyed } else { hasEnded }
        }

        /// Whether epochs run, or are to run when the first copy is made or the lease is valid again.
        var hasRhythm: Bool {
            switch state {
            case .seeding, .protecting, .holding(.leaseExpired): !hasEnded
            default: false
            }
        }

        /// Whether the session is in charge of the guest's processor time: it is while epochs run, and for as long as what it
        /// took could not be given back.
        var holdsProcessor: Bool { pacing != nil && !hasEnded }

        /// Whether a replica covers the domain: a checkpoint is acknowledged, and nothing stands in the way.
        var isCovered: Bool { state == .protecting && claim.epoch > .none }
    }

    let subject: Subject
    let mailbox = Mailbox<Event>(capacity: 256) { $0.replaces($1) }
    private let published: Mutex<Published>
    private let stopReasonKept = Mutex<ReasonCode?>(nil)

    /// Makes a session in its machine's state.
    ///
    /// - Parameters:
    ///   - subject: What it is about.
    ///   - machine: The machine that it begins with.
    ///   - since: When that state began, in nanoseconds of the wall clock.
    init(subject: Subject, machine: PrimaryMachine, since: UInt64 = Clock.wall) {
        self.subject = subject
        published = Mutex(
            Published(
                state: machine.state, claim: machine.claim, since: since, unprotectedSince: since))
    }

    /// Starts the session's thread.
    ///
    /// - Parameter makeWorker: Makes, on the new thread, what does the work.
    /// - Throws: ``SystemError`` of `pthread_create`.
    func start(_ makeWorker: @escaping @Sendable (PrimarySession) -> PrimaryWorker) throws(SystemError) {
        try Thread(name: "epochs-\(subject.name)") { makeWorker(self).run() }.detach()
    }

    /// Passes on what the heartbeat service says; `nil` while it is away.
    func report(_ report: HeartbeatReport?) {
        mailbox.post(report.map { .report($0) } ?? .reportsLost)
    }

    /// Asks the session to end the protection in good order.
    func stop(_ reason: ReasonCode) {
        // The cause is noted before what follows from it, such as the end of the connection, could be taken for it.
        publish { if $0.failure == nil { $0.failure = SessionFailure(reason, reason.meaning) } }
        stopReasonKept.withLock { $0 = reason }
        mailbox.post(.stop(reason))
    }

    /// Asks the session to move the domain to the peer.
    func switchOver(_ reason: ReasonCode) {
        publish { $0.move = .asked }
        mailbox.post(.switchover(reason))
    }

    /// The settings have changed: those that can be followed are, at once.
    func followSettings() { mailbox.post(.settingsChanged) }

    /// An operator says that the peer does not run the domain: the guest goes on here alone.
    func order() { mailbox.post(.ordered) }

    /// Tells the session how its guest ended.
    func guestEnded(_ end: GuestEnd) { mailbox.post(.guestEnded(end)) }

    /// Ends a session that has ended its work and only watches, because another one takes its place.
    func retire() { mailbox.post(.retire) }

    /// Whether ``stop(_:)`` was called; the first copy looks at it between two records.
    var isStopping: Bool { stopReason != nil }

    /// Why the session was asked to end; it holds whatever ends it in the end.
    var stopReason: ReasonCode? { stopReasonKept.withLock { $0 } }

    /// What this host says of the domain with every heartbeat.
    var claim: DomainClaim { published.withLock { $0.claim } }

    /// What the session tells others now.
    var snapshot: Published { published.withLock { $0 } }

    /// Changes what the session tells others.
    func publish(_ change: (inout sending Published) -> Void) { published.withLock { change(&$0) } }
}
