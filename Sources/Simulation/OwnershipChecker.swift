internal import ReplicaModel
internal import ReplicaProtocol

/// A broken rule.
public struct Violation: Equatable, Sendable {
    /// The number of the safety rule.
    public let rule: Int
    /// What was seen.
    public let text: String
    /// When.
    public let time: VirtualTime
}

/// Looks at the world as nobody in it can, and knows when a safety rule is broken.
final class OwnershipChecker {
    /// One start of the guest: where its memory came from, and under which generation it runs.
    struct Life {
        var parent: GuestMoment?
        var generation: Generation
        var host: HostNumber
    }

    private(set) var violation: Violation?
    private(set) var lives: [Life] = []
    /// The newest thing that the client saw.
    private(set) var seen: GuestMoment?
    private var owners: [Generation: HostNumber] = [:]
    private var verified: [Generation: Epoch] = [:]
    /// Two owners are what the policy gives up in this run; the rules are not looked at any more.
    var isWaived = false

    func fail(_ rule: Int, _ text: String, _ world: World) {
        guard violation == nil, !isWaived else { return }
        violation = Violation(rule: rule, text: text, time: world.now)
        world.note(nil, "RULE \(rule) IS BROKEN: \(text)")
    }

    /// A guest starts.
    ///
    /// - Returns: The number of its life.
    func begin(from parent: GuestMoment?, _ generation: Generation, _ host: HostNumber) -> Int {
        lives.append(Life(parent: parent, generation: generation, host: host))
        return lives.count - 1
    }

    // MARK: Rule 1

    /// A checkpoint is whole and verified on the backup.
    func verified(_ epoch: Epoch, _ generation: Generation) {
        verified[generation] = max(verified[generation] ?? .none, epoch)
    }

    /// Held output is let go on the word of an acknowledgement.
    func releases(_ epoch: Epoch, _ generation: Generation, _ host: HostNumber, _ world: World) {
        if verified[generation] ?? .none < epoch {
            fail(1, "output of epoch \(epoch) leaves, and the backup has not committed it", world)
        }
        if world.serves(world.hosts[host.other.rawValue]) {
            fail(2, "\(host.name) lets output go while \(host.other.name) runs the domain with open output", world)
        }
    }

    // MARK: Rule 2

    /// A host acts as the owner.
    func owns(_ host: HostNumber, _ generation: Generation, _ world: World) {
        if let other = owners[generation], other != host {
            fail(2, "generation \(generation) is used by \(other.name) and by \(host.name)", world)
        }
        owners[generation] = host
    }

    /// At no instant do two hosts run the domain with open output.
    func look(_ world: World) {
        if world.serves(world.hosts[0]), world.serves(world.hosts[1]) {
            fail(2, "both hosts run the domain with open output", world)
        }
    }

    // MARK: Rules 3 and 4

    /// The client gets output.
    func sees(_ moment: GuestMoment, _ host: HostNumber, _ world: World) {
        guard let before = seen else {
            seen = moment
            return
        }
        if moment.life == before.life {
            if moment.counter < before.counter {
                fail(
                    4,
                    "the counter that the client sees from \(host.name) goes back by \(before.counter - moment.counter)",
                    world)
            }
            seen = moment
            return
        }
        if !contains(before, moment.life) {
            fail(4, "\(host.name) serves a history in which what the client saw last never happened", world)
        }
        seen = moment
    }

    /// Whether a moment is in the past of a life.
    private func contains(_ moment: GuestMoment, _ life: Int) -> Bool {
        var life = life
        while let parent = lives[life].parent {
            if parent.life == moment.life { return parent.counter >= moment.counter }
            life = parent.life
        }
        return false
    }

    /// Whether a replica holds everything that the client saw.
    func covers(_ content: GuestMoment) -> Bool {
        guard let seen else { return true }
        return content.life == seen.life ? content.counter >= seen.counter : contains(seen, content.life)
    }

    /// A replica becomes the domain.
    func activates(
        _ replica: SimulatedReplica, committed: Epoch, under generation: Generation, isOrdered: Bool,
        _ host: SimulatedHost, _ world: World
    ) {
        if replica.isBroken || replica.applied != committed {
            fail(4, "an acknowledged checkpoint was left out of the replica on \(host.number.name)", world)
        }
        if !isOrdered, !covers(replica.content) {
            fail(4, "the replica on \(host.number.name) is older than what the client saw", world)
        }
        if world.setup.hasDisks, !replica.writes.matches(host.volume) {
            let text = "write \(host.volume.newest), and the memory knows of \(replica.writes.done)"
            fail(3, "the disk on \(host.number.name) is of another epoch than the memory: \(text)", world)
        }
        owns(host.number, generation, world)
        // An order may go back behind what was seen; from then on that history counts.
        if isOrdered, !covers(replica.content) { seen = replica.content }
        host.replica = nil
        let life = begin(from: replica.content, generation, host.number)
        var guest = SimulatedGuest(life: life, counter: replica.content.counter, isOpen: true, at: world.now)
        // What was under way is submitted again.
        guest.writes.done = replica.writes.underWay ?? replica.writes.done
        host.volume.newest = guest.writes.done
        host.guest = guest
        world.beginWriting(host)
        world.note(host.number, "the replica runs as the domain in generation \(generation)")
        world.look()
    }

    /// An operator ordered a host to go on: what others saw since is given up (safety rule 4).
    func isOrdered(_ moment: GuestMoment) {
        if !covers(moment) { seen = moment }
    }

    /// A domain is given to the peer.
    func handsOver(_ host: SimulatedHost, _ world: World) {
        if host.guest?.isRunning == true {
            fail(4, "\(host.number.name) hands the domain over while it runs on", world)
        }
    }

    // MARK: Rule 5

    /// A primary destroys its copy for a newer owner's sake.
    func discards(_ host: HostNumber, _ generation: Generation, _ world: World) {
        guard !lives.contains(where: { $0.generation > generation && $0.host != host }) else { return }
        fail(5, "\(host.name) destroys the only copy of the domain: no newer owner ever ran it", world)
    }

    // MARK: Rule 7

    func follow(
        _ before: PrimaryMachine.State, _ after: PrimaryMachine.State, _ actions: [PrimaryMachine.Action],
        _ host: HostNumber, _ world: World
    ) {
        guard before != after else { return }
        world.note(host, "primary: \(after.words)")
        let isTold = actions.contains { if case .record = $0 { true } else { false } }
        switch after {
        case .seeding, .protecting, .surrendering: return
        case .holding, .surrendered, .unprotected, .standingDown:
            if !isTold { fail(7, "\(host.name) became \(after.words) without a reason on record", world) }
        }
    }

    func follow(
        _ before: BackupMachine.State, _ after: BackupMachine.State, _ actions: [BackupMachine.Action],
        _ host: HostNumber, _ world: World
    ) {
        world.note(host, "backup: \(after.words)")
        let isTold = actions.contains { if case .record = $0 { true } else { false } }
        switch after {
        case .receiving, .armed, .withdrawing, .deciding: return
        case .activating, .active, .discarded:
            if !isTold { fail(7, "\(host.name) became \(after.words) without a reason on record", world) }
        }
    }
}

extension PrimaryMachine.State {
    /// The state in words.
    var words: String {
        switch self {
        case .seeding: "seeding"
        case .protecting: "protecting"
        case .holding(let reason): "holding (\(reason.rawValue))"
        case .surrendering(let reason): "surrendering (\(reason.rawValue))"
        case .surrendered(let reason): "surrendered (\(reason.rawValue))"
        case .unprotected(let reason): "unprotected (\(reason.rawValue))"
        case .standingDown(let reason): "standing down (\(reason.rawValue))"
        }
    }
}

extension BackupMachine.State {
    /// The state in words.
    var words: String {
        switch self {
        case .receiving: "receiving"
        case .armed: "armed"
        case .withdrawing: "withdrawing the lease"
        case .deciding: "deciding"
        case .activating(let reason): "activating (\(reason.rawValue))"
        case .active(let reason): "active (\(reason.rawValue))"
        case .discarded(let reason): "discarded (\(reason.rawValue))"
        }
    }
}
