// What this host says of a domain while the backup has not yet accepted the generation of a new protection.

internal import ReplicaModel
internal import ReplicaProtocol

/// The machines of a protection that begins: the one that speaks now, and the one that the backup is to accept.
///
/// A generation that the backup never accepted must not be claimed: the peer may own the domain under it, and of two owners
/// under one generation neither stands down (safety rule 2).
struct Proposal {
    /// A domain that this host runs without a replica.
    struct Ownership: Equatable {
        /// The generation under which it owns the domain.
        var generation: Generation
        /// Why there is no replica.
        var reason: ReasonCode
    }

    /// The machine that decides until the backup has accepted: the owner's, under the generation of before.
    ///
    /// A domain that this host did not own under any generation is seeding from the first.
    let present: PrimaryMachine
    /// The machine of the new generation.
    let accepted: PrimaryMachine

    /// Makes the machines.
    ///
    /// - Parameters:
    ///   - owned: What this host owns; `nil` when it does not own the domain yet.
    ///   - generation: The new generation.
    ///   - machine: Makes a machine that is seeding under a generation.
    init(owned: Ownership?, generation: Generation, machine: (Generation) -> PrimaryMachine) {
        accepted = machine(generation)
        present = owned.map { machine($0.generation).owning(because: $0.reason) } ?? accepted
    }

    /// Whether there is something to accept before this host may speak under the new generation.
    static func isOpen(_ present: PrimaryMachine, _ accepted: PrimaryMachine?) -> Bool {
        accepted.map { $0.generation != present.generation } ?? false
    }
}
