// One replica on the backup, as the rest of the controller sees it; the work is done by a thread of its own.

internal import CheckpointStream
internal import Heartbeat
public import ReplicaModel
internal import ReplicaProtocol
internal import Synchronization
internal import SystemKit
internal import Witness

/// Keeps the replica of one domain of the peer, up to the decision to take over or to give it up.
public final class ReplicaSession: Sendable {
    /// What a session is about; it does not change.
    public struct Subject: Sendable {
        /// The domain's identity on every host.
        public var identity: DomainIdentity
        /// Its name on the primary.
        public var name: String
        /// The DRBD resources of the disks that it writes to.
        public var disks: [String]
        /// The primary's generation.
        public var generation: Generation
    }

    /// What the session's thread is told.
    enum Event: Sendable {
        case heard
        case staged(StagedCheckpoint)
        case received(Message, generation: Generation, epoch: Epoch)
        case broken(SessionFailure)
        case connectionEnded(String)
        case arriving(Epoch, generation: Generation)
        case ordered
        case witnessAnswered(UInt64, WitnessAnswer)
        case fenced(UInt64, Bool)
        case report(HeartbeatReport)
        case reportsLost

        /// Whether it asks for a disk barrier, for which the guest waits.
        var isDiskBarrier: Bool {
            if case .received(.diskBarrier, _, _) = self { true } else { false }
        }

        /// Whether this news makes older news of the same kind superfluous.
        func replaces(_ old: Event) -> Bool {
            switch (self, old) {
            case (.heard, .heard), (.reportsLost, .reportsLost): true
            // A change of carrier or of silence is never passed over.
            case (.report(let new), .report(let old)):
                new.ownLanIsUp == old.ownLanIsUp && new.peerIsSilent == old.peerIsSilent
            default: false
            }
        }
    }

    /// What the session tells others.
    struct Published: Sendable {
        var state: BackupMachine.State
        var claim: DomainClaim
        var since = Clock.wall
        var failure: SessionFailure?
        var staging: StagingStatus?
        var encoding: EncodingStatus?
        var takeover: TakeoverRecord?
        var domain: UInt32?
        var hasEnded = false
    }

    let subject: Subject
    let mailbox = Mailbox<Event>(capacity: 256) { $0.replaces($1) }
    private let published: Mutex<Published>

    init(subject: Subject, machine: BackupMachine) {
        self.subject = subject
        published = Mutex(Published(state: machine.state, claim: machine.claim))
    }

    /// Passes on what the heartbeat service says; `nil` while it is away.
    func report(_ report: HeartbeatReport?) {
        mailbox.post(report.map { .report($0) } ?? .reportsLost)
    }

    /// Asks the session to give the replica up in good order; one that stands still on its way to a takeover
    /// as well.
    func stop(_ reason: ReasonCode) { mailbox.post(.broken(SessionFailure(reason, reason.meaning))) }

    /// An operator says that the primary does not run the domain: the replica becomes it.
    func order() { mailbox.post(.ordered) }

    /// What this host says of the domain with every heartbeat.
    var claim: DomainClaim { published.withLock { $0.claim } }

    /// What the session tells others now.
    var snapshot: Published { published.withLock { $0 } }

    /// Changes what the session tells others.
    func publish(_ change: (inout sending Published) -> Void) { published.withLock { change(&$0) } }
}
