/// How a guest ended, told from what Xen says of its domain.
///
/// A suspended guest has not ended: it runs on where it was.
public enum GuestEnd: Equatable, Sendable, CustomStringConvertible {
    /// The guest powered off.
    case poweredOff
    /// The guest asked for a restart.
    case rebooted
    /// The guest's kernel crashed, or Xen ended it for a fault.
    case crashed
    /// The guest's watchdog ran out.
    case watchdogRanOut
    /// The guest starts another kernel in place.
    case softReset
    /// The guest shut down with a number that Xen 4.17 does not name.
    case shutDown(code: UInt8)
    /// The domain is gone, or is being torn down, and the guest did not ask for it: `xl destroy`, `xl save`, `xl migrate`.
    case destroyed

    /// Tells an end from a domain's state.
    ///
    /// - Parameter state: What Xen says; `nil` when it knows no such domain any more.
    public init?(state: DomainState?) {
        switch state {
        case .running, .blocked, .paused, .shutdown(.suspend): return nil
        case .shutdown(.powerOff): self = .poweredOff
        case .shutdown(.reboot): self = .rebooted
        case .shutdown(.crash): self = .crashed
        case .shutdown(.watchdog): self = .watchdogRanOut
        case .shutdown(.softReset): self = .softReset
        case .shutdown(.other(let code)): self = .shutDown(code: code)
        // Whoever tears a domain down that had shut down by itself has taken the matter in hand.
        case .dying, nil: self = .destroyed
        }
    }

    /// Tells an end from what a call on the domain failed with; errors that say nothing of an end give `nil`.
    ///
    /// - Parameter error: The error.
    public init?(error: ToolstackError) {
        switch error {
        case .domainShutDown(_, let reason): self.init(state: .shutdown(reason))
        case .domainGone, .noSuchDomain: self = .destroyed
        default: return nil
        }
    }

    /// What happened, to follow "the guest".
    public var description: String {
        switch self {
        case .poweredOff: "powered off"
        case .rebooted: "rebooted"
        case .crashed: "crashed"
        case .watchdogRanOut: "was ended by its watchdog"
        case .softReset: "started another kernel in place"
        case .shutDown(let code): "shut down for reason \(code)"
        case .destroyed: "was destroyed"
        }
    }
}
