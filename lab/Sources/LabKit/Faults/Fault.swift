/// Something that befalls a protected guest, one of its hosts, their network, or the witness.
enum Fault: Equatable, Sendable {
    /// What a host is for the guest when the fault comes.
    enum Side: String, CaseIterable, Sendable {
        case primary, backup
    }

    /// The cables that are pulled.
    enum Cables: String, CaseIterable, Sendable {
        case lan, repl, both

        var networks: [NetworkName] {
            switch self {
            case .lan: [.lan]
            case .repl: [.repl]
            case .both: NetworkName.cables
            }
        }
    }

    /// How long a host stands still.
    enum Freeze: String, CaseIterable, Sendable {
        /// Less than the lease.
        case short
        /// Until the other host has drawn its conclusions.
        case long
    }

    /// Which of our processes is killed.
    enum Victim: String, CaseIterable, Sendable {
        case controller, heartbeat
        /// The process on the backup that holds the replica.
        case helper
    }

    /// How a guest ends.
    enum GuestEnd: String, CaseIterable, Sendable {
        case reboot, shutdown, crash, destroy
    }

    case powerCut(Side)
    case cable(Cables, Side)
    case freeze(Freeze, Side)
    case kill(Victim, Side)
    case witnessDown
    case witnessDownAndPrimaryPowerCut
    case witnessCut(Side)
    case backupReboot
    case guestEnd(GuestEnd)
    case switchover
    case failback

    /// All faults that there are.
    static let all: [Fault] =
        Side.allCases.map { .powerCut($0) }
        + Cables.allCases.flatMap { cables in Side.allCases.map { .cable(cables, $0) } }
        + Freeze.allCases.flatMap { freeze in Side.allCases.map { .freeze(freeze, $0) } }
        // The primary has no restore helper.
        + [Victim.controller, .heartbeat].flatMap { victim in Side.allCases.map { .kill(victim, $0) } }
        + [.kill(.helper, .backup), .witnessDown, .witnessDownAndPrimaryPowerCut]
        + Side.allCases.map { .witnessCut($0) }
        + GuestEnd.allCases.map { .guestEnd($0) }
        + [.backupReboot, .switchover, .failback]

    /// The name on the command line and in reports.
    var name: String {
        switch self {
        case .powerCut(let side): "power-cut-\(side.rawValue)"
        case .cable(let cables, let side): "cable-\(cables.rawValue)-\(side.rawValue)"
        case .freeze(let freeze, let side): "freeze-\(freeze.rawValue)-\(side.rawValue)"
        case .kill(let victim, let side): "kill-\(victim.rawValue)-\(side.rawValue)"
        case .witnessDown: "witness-down"
        case .witnessDownAndPrimaryPowerCut: "witness-down-power-cut-primary"
        case .witnessCut(let side): "witness-cut-\(side.rawValue)"
        case .backupReboot: "backup-reboot"
        case .guestEnd(let end): "guest-\(end.rawValue)"
        case .switchover: "switchover"
        case .failback: "failback"
        }
    }

    /// Where the guest must run afterwards.
    enum Owner: Sendable {
        case stays
        case moves
        /// Either is right, as long as it is one.
        case either
    }

    /// Who must own the guest when the fault is over.
    var owner: Owner {
        switch self {
        case .powerCut(.primary), .cable(.lan, .primary), .cable(.both, .primary), .freeze(.long, .primary),
            .witnessDownAndPrimaryPowerCut, .switchover:
            .moves
        // Depends on how soon the service is back; and a guest that is at home has nowhere to go.
        case .kill(.heartbeat, .primary), .failback: .either
        case .powerCut(.backup), .cable, .freeze, .kill, .witnessDown, .witnessCut, .backupReboot, .guestEnd:
            .stays
        }
    }

    /// Whether the replica must cover the guest all the while.
    var keepsProtection: Bool {
        switch self {
        case .freeze(.short, _), .witnessDown, .witnessCut: true
        default: false
        }
    }

    /// Whether the guest itself ends, and with it its memory and all connections to it.
    var endsGuest: Bool { if case .guestEnd = self { true } else { false } }
}
