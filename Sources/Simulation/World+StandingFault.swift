internal import ReplicaModel
internal import ReplicaProtocol

/// Runs in which the only fault never ends: who has to be served all the same (safety rule 5).
extension World {
    /// Longer than every wait, retry and restart takes together.
    private static let patience = milliseconds(40_000)

    /// Notes how things stood when it struck.
    func noteStanding(_ fault: Fault, _ host: SimulatedHost) {
        guard setup.leavesFault else { return }
        let isPrimary = host.guest != nil
        standing = StandingFault(
            since: now, isPrimary: isPrimary, wasCovered: isPrimary ? isCovered(host) : true)
    }

    /// Looks whether the run is over.
    func judgeStanding() {
        guard let standing else {
            // The moment of the protocol at which it was to strike never came.
            if now > milliseconds(30_000) { outcome = .well }
            return
        }
        guard now >= standing.since + Self.patience else { return }
        if hosts.contains(where: serves) || hosts.contains(where: isProtected) {
            outcome = .well
        } else if mustServe(standing) {
            checker.fail(5, "long after \(setup.faults[0].words) nobody serves the client: \(situation)", self)
        } else {
            outcome = hosts.allSatisfy { $0.guest == nil && $0.replica == nil } ? .lost : .waits(.ownerUnknown)
        }
    }

    /// `docs/ownership.md`, row by row.
    private func mustServe(_ standing: StandingFault) -> Bool {
        switch (setup.faults[0].kind, standing.isPrimary) {
        case (.powerCut, true):
            // The replica takes over, unless only an operator may say so.
            standing.wasCovered && setup.policy != .manual
        case (.powerCut, false), (.heartbeatCrash, false):
            // The primary goes on alone, unless it cannot know that it is not the one that is cut off.
            setup.policy != .safeByLease || setup.fencing
        case (.controllerCrash, false):
            true
        default:
            // A dead controller leaves the output held, and nobody else can let it go.
            false
        }
    }
}

/// The fault that stays.
struct StandingFault {
    var since: VirtualTime
    /// It struck the host with the guest.
    var isPrimary: Bool
    /// A replica was armed there, or none was needed.
    var wasCovered: Bool
}
