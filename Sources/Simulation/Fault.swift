/// What goes wrong, and what people do meanwhile.
public struct Fault: Equatable, Sendable {
    /// The kinds of faults, by the words of a scenario.
    public enum Kind: String, CaseIterable, Sendable {
        /// The host is off, and starts again at the end.
        case powerCut = "power-cut"
        /// `kill -9`; it is started again at the end.
        case controllerCrash = "controller-crash"
        /// `kill -9` of the heartbeat service.
        case heartbeatCrash = "heartbeat-crash"
        /// The whole host stands still.
        case freeze = "freeze"
        /// Only the controller does.
        case controllerFreeze = "controller-freeze"
        /// Only the heartbeat service does.
        case heartbeatFreeze = "heartbeat-freeze"
        /// The LAN port has no carrier.
        case lanCable = "lan-cable"
        /// The replication port has no carrier.
        case replicationCable = "replication-cable"
        /// Nothing that the host sends arrives over the LAN; carriers stay.
        case lanOneWay = "lan-one-way"
        /// The same over the replication network.
        case replicationOneWay = "replication-one-way"
        /// Nothing passes the LAN between the hosts in either direction; carriers stay.
        case lanPartition = "lan-partition"
        /// The same on the replication network.
        case replicationPartition = "replication-partition"
        /// Both networks at once.
        case totalPartition = "total-partition"
        /// Datagrams are lost, delayed, doubled and reordered.
        case noise = "noise"
        /// The checkpoint connection is slow.
        case slowConnection = "slow-connection"
        /// The checkpoint connection is reset.
        case connectionReset = "connection-reset"
        /// Each write takes very long.
        case slowDisk = "slow-disk"
        /// No write succeeds.
        case fullDisk = "full-disk"
        /// The witness is away from everybody.
        case witnessDown = "witness-down"
        /// It cannot be reached from the host.
        case witnessUnreachable = "witness-unreachable"
        /// It executes what was asked long after.
        case witnessSlow = "witness-slow"
        /// It executes what was asked, and the answer is lost.
        case witnessAnswersLost = "witness-answers-lost"
        /// The fencing agent does not work.
        case fencingBroken = "fencing-broken"
        /// Replicas cannot be started.
        case activationFails = "activation-fails"
        /// Somebody acts.
        case order = "order"
    }

    /// Whom it strikes.
    public enum Target: Equatable, Sendable {
        /// This host.
        case host(HostNumber)
        /// The one that runs the guest when it strikes.
        case primary
        /// The other one.
        case backup
    }

    /// A moment of the protocol that many mistakes hide behind.
    public enum Moment: String, CaseIterable, Sendable {
        case seeding, arming, barrier, sent, persisting, witnessAsked, fencing, withdrawing, deciding, activating
    }

    /// What goes wrong.
    public var kind: Kind
    /// Whom it strikes.
    public var target: Target
    /// When it strikes; with a moment, not before this, at the next such moment.
    public var start: VirtualTime
    /// The moment of the protocol at which it strikes.
    public var moment: Moment?
    /// How long after the moment.
    public var delay: VirtualTime = 0
    /// How long it lasts; `nil` for the rest of the run.
    public var duration: VirtualTime?
    /// What is done, for ``Kind/order``.
    public var order: OperatorOrder?

    /// Describes a fault.
    public init(
        _ kind: Kind, _ target: Target, at start: VirtualTime, for duration: VirtualTime?,
        order: OperatorOrder? = nil
    ) {
        self.kind = kind
        self.target = target
        self.start = start
        self.duration = duration
        self.order = order
    }
}
