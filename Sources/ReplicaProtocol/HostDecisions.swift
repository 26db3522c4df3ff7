// What a host decides about a domain outside of a session: at its start, towards the peer's claims, and on a request.

public import Heartbeat
public import ReplicaModel

/// The decisions that need nothing but the record on disk and what the hypervisor and the peer say.
public enum HostDecisions {
    /// What a starting controller does with a recorded domain.
    public enum Beginning: Equatable, Sendable {
        /// The domain runs here and may have an armed replica: its output stays held.
        case adopt
        /// The domain was handed over: it stays suspended, with its output held, until the peer's word.
        case adoptHandedOver
        /// The domain runs here without a replica.
        case own
        /// The domain went down with this host, and the peer may have a replica of it: it is the peer's.
        case surrender
        /// The domain ended here in good order while no controller looked: the peer is to discard its replica.
        case disarmPeer
        /// The takeover never came to its end, and its replica went with the controller: the peer may go on.
        case giveBack
        /// There is nothing to do.
        case leave

        /// Whether a session takes the domain up.
        public var isTakenUp: Bool {
            switch self {
            case .adopt, .adoptHandedOver, .own: true
            case .surrender, .disarmPeer, .giveBack, .leave: false
            }
        }
    }

    /// Decides what becomes of a recorded domain when the controller starts.
    ///
    /// - Parameters:
    ///   - role: What this host was for the domain.
    ///   - isPresent: Whether the domain is on this host.
    ///   - isSameBoot: Whether the record was written since this host booted.
    /// - Returns: What to do.
    public static func beginning(
        _ role: OwnershipRecord.Role, isPresent: Bool, isSameBoot: Bool
    ) -> Beginning {
        switch (role, isPresent) {
        // After a reboot it is another copy, whoever started it: the peer may have the one that clients know.
        case (.primary, true): isSameBoot ? .adopt : .adoptHandedOver
        case (.surrendered, true): .adoptHandedOver
        case (.owner, true): .own
        case (.primary, false): isSameBoot ? .disarmPeer : .surrender
        case (.surrendered, false): .surrender
        // A replica is ordered to run only with ``OwnershipRecord/Role/owner`` on record.
        case (.successor, _): .giveBack
        case (.owner, false), (.backup, _), (.former, _): .leave
        }
    }

    /// The newest generation under which this host may have owned a domain, by its record.
    ///
    /// A record of a replica says that the peer owned it, also where the peer could not write its own record and speaks of
    /// an older generation now.
    ///
    /// - Parameters:
    ///   - role: What this host was for the domain.
    ///   - generation: The generation on record.
    /// - Returns: What ``answer(to:recorded:plantedFaults:)`` needs.
    public static func owned(_ role: OwnershipRecord.Role, _ generation: Generation) -> Generation {
        switch role {
        case .backup: .none
        case .primary, .owner, .successor, .surrendered, .former: generation
        }
    }

    /// What a host that has no session for a domain answers to the peer's claim on it.
    ///
    /// A controller that restarted has no replicas: its helpers destroyed them. Saying so lets the primary go on
    /// (safety rule 5); a domain that this host owned under a newer generation is never answered for (safety rule 2).
    ///
    /// - Parameters:
    ///   - claim: The peer's claim.
    ///   - recorded: ``owned(_:_:)`` by this host's record; `nil` when the record cannot be read, which may hold any.
    ///   - plantedFaults: Bugs that are switched on, in builds that have them.
    /// - Returns: The claim to make; `nil` for none.
    public static func answer(
        to claim: DomainClaim, recorded: Generation?, plantedFaults: PlantedFaults = PlantedFaults()
    ) -> DomainClaim? {
        guard claim.role == .holding || claim.role == .surrendered else { return nil }
        guard let recorded else { return nil }
        guard recorded <= claim.generation || plantedFaults.contains(.answersAsOwner) else { return nil }
        return DomainClaim(domain: claim.domain, role: .disarmed, generation: claim.generation, epoch: .none)
    }

    /// Whether a primary may make a replica here.
    ///
    /// - Parameters:
    ///   - generation: The primary's generation.
    ///   - known: The newest generation that this host has on record or speaks of.
    ///   - plantedFaults: Bugs that are switched on, in builds that have them.
    /// - Returns: `false` for a generation that is not newer.
    public static func admits(
        _ generation: Generation, known: Generation, plantedFaults: PlantedFaults = PlantedFaults()
    ) -> Bool {
        generation > known || plantedFaults.contains(.oldGenerationAdmitted)
    }

    /// The claim on a domain that is not on this host, until the peer has answered it.
    ///
    /// - Parameters:
    ///   - beginning: ``Beginning/surrender``, ``Beginning/disarmPeer`` or ``Beginning/giveBack``.
    ///   - domain: The domain.
    ///   - generation: The generation on record.
    /// - Returns: The claim; `nil` for other beginnings.
    public static func claim(
        _ beginning: Beginning, on domain: DomainIdentity, generation: Generation
    ) -> DomainClaim? {
        switch beginning {
        case .surrender: DomainClaim(domain: domain, role: .surrendered, generation: generation, epoch: .none)
        case .disarmPeer: DomainClaim(domain: domain, role: .holding, generation: generation, epoch: .none)
        case .giveBack: DomainClaim(domain: domain, role: .disarmed, generation: generation, epoch: .none)
        case .adopt, .adoptHandedOver, .own, .leave: nil
        }
    }

    /// Whether the peer's claim settles what this host says of a domain that it has not.
    ///
    /// - Parameters:
    ///   - peerClaim: What the peer says of the domain.
    ///   - own: What this host says.
    /// - Returns: Whether this host need not say it any more.
    public static func settles(_ peerClaim: DomainClaim, _ own: DomainClaim) -> Bool {
        switch peerClaim.role {
        case .disarmed: peerClaim.generation >= own.generation
        case .active, .seeding, .protecting, .unprotected, .holding: peerClaim.generation > own.generation
        case .receiving, .armed, .activating, .surrendered: false
        }
    }
}
