// What the operator decided for the case in which one host does not hear the other any more.

public import ReplicaModel

/// Who may act as the only owner of a domain when the hosts do not hear each other.
///
/// `docs/ownership.md` has a table of what happens under each, and what each gives up.
public enum OwnershipPolicy: String, CaseIterable, Equatable, Sendable {
    /// The backup takes over once the primary's lease has surely run out; a primary that hears nothing holds its output.
    ///
    /// Safe under every partition. It gives up the guest's service while the backup is dead, unless a fencing agent
    /// can show that it is.
    case safeByLease = "safe-by-lease"
    /// Silence on every path means that the peer is dead, unless this host's own LAN port is without a carrier.
    ///
    /// The guest is served whichever host dies. It gives up safety in a partition that leaves all ports with a carrier.
    case trustPaths = "trust-paths"
    /// Nobody takes over without an operator's order; a primary that hears nothing goes on alone.
    case manual = "manual"
    /// The witness decides: both ask it, and one of them gets the domain.
    case witness = "witness"
}

/// The rules under which one host may become the only owner.
public struct OwnershipRules: Equatable, Sendable {
    /// The policy.
    public var policy: OwnershipPolicy
    /// Whether a fencing agent must have stopped the peer first; its result decides.
    public var fencing: Bool
    /// How much longer the backup waits before it asks the witness, so that a primary that is alive and only cut off from
    /// it comes first: the owner stays the owner.
    public var headStart: Milliseconds
    /// How much longer the backup waits before it fences where no witness chose it: longer than the two hosts notice a cut
    /// link apart, and than the primary's agent takes to switch the backup off.
    public var fenceDelay: Milliseconds
    /// How long to wait after a question that got no answer, or after fencing that failed.
    public var retryDelay: Milliseconds

    /// Whether either host concludes from silence alone that the other one does not run the domain.
    ///
    /// Then a host that was silent or deaf itself must hear its peer before it acts alone: the peer may have drawn the
    /// same conclusion meanwhile, and may have died since (safety rules 2 and 4).
    var trustSilence: Bool { policy == .trustPaths && !fencing }

    /// Whether the witness or the fencing agent settles the matter, whatever a host knows of its own cables and of the
    /// peer's last words.
    var askOthers: Bool { policy == .witness || fencing && policy != .manual }

    /// Makes rules of their parts.
    ///
    /// - Parameters:
    ///   - policy: The policy.
    ///   - fencing: Whether a fencing agent is configured.
    ///   - headStart: 0 to 60,000 ms.
    ///   - fenceDelay: 0 to 600,000 ms.
    ///   - retryDelay: 10 to 60,000 ms.
    public init(
        policy: OwnershipPolicy, fencing: Bool = false, headStart: Milliseconds = 500,
        fenceDelay: Milliseconds = 5_000, retryDelay: Milliseconds = 1_000
    ) {
        self.policy = policy
        self.fencing = fencing
        self.headStart = headStart
        self.fenceDelay = fenceDelay
        self.retryDelay = retryDelay
    }
}

/// The two hosts of a pair, as one of them sees it.
public struct HostPair: Equatable, Sendable {
    /// This host's name.
    public var own: String
    /// The other host's name.
    public var peer: String

    /// Makes a pair.
    public init(own: String, peer: String) {
        self.own = own
        self.peer = peer
    }
}
