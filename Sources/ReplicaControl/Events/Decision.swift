// One decision or change of state, as the code that made it tells it; everything that becomes of it is elsewhere.

internal import ReplicaModel

/// What was decided, by whom, why, and what it changed (safety rule 7).
struct Decision: Equatable, Sendable {
    /// Which part of the host speaks.
    enum Role: String, CaseIterable, Sendable {
        case primary, backup, heartbeat, controller, witness, fencing
        case `operator` = "operator"
    }

    /// What sort of line it is.
    enum Kind: String, CaseIterable, Sendable {
        /// A controller, a protection or a replica begins.
        case begin
        /// Something was decided, or a state changed.
        case decision
        /// Something failed; what follows from it is a decision of its own.
        case failure
        /// A controller, a protection or a replica has ended.
        case end
    }

    var kind = Kind.decision
    var role: Role
    /// The domain; `nil` for what concerns the whole host.
    var domain: DomainIdentity?
    /// The domain's name, or empty.
    var name = ""
    var reason: ReasonCode
    /// The generation under which the host acts; ``ReplicaModel/Generation/none`` where there is none.
    var generation = Generation.none
    /// The newest acknowledged epoch.
    var epoch = Epoch.none
    /// The state before, as one short word; empty where there is none.
    var before = ""
    /// The state after, as one short word.
    var after = ""
    /// What no other value says.
    var detail = ""
    /// The other host's name, where it is news.
    var peer = ""
    /// The steps of a takeover, with the decision that ends it.
    var takeover: TakeoverRecord?

    /// Whether it changes who owns the domain or whether its output flows; such a line is on the disk before the next.
    var changesOwnership: Bool {
        kind == .decision && before != after && StateWord.ofOwnership.contains(after)
    }
}

/// The short words for states in the event log: those of `status`, and a few that only the log has.
enum StateWord {
    /// There was nothing before.
    static let none = "none"
    /// The last checkpoint is acknowledged and the domain was handed over.
    static let surrendered = "surrendered"
    /// The domain is not on this host any more.
    static let gone = "gone"

    static let seeding = DomainStatus.State.seeding.rawValue
    static let protected = DomainStatus.State.protected.rawValue
    static let holding = DomainStatus.State.holding.rawValue
    static let unprotected = DomainStatus.State.unprotected.rawValue
    static let standingDown = DomainStatus.State.standingDown.rawValue
    static let receiving = DomainStatus.State.receiving.rawValue
    static let armed = DomainStatus.State.armed.rawValue
    static let activating = DomainStatus.State.activating.rawValue
    static let active = DomainStatus.State.active.rawValue
    static let released = DomainStatus.State.released.rawValue

    /// States whose begin changes who owns a domain, or opens its output.
    static let ofOwnership: Set<String> = [surrendered, unprotected, standingDown, activating, active]
}
