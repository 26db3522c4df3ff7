// How a guest ended, in the words of the event log.

public import ReplicaModel
public import XenToolstack

extension GuestEnd {
    /// The reason that protection ends with, for the peer, the journal and `status` (safety rule 7).
    public var reason: ReasonCode {
        switch self {
        case .poweredOff, .shutDown: .guestShutDown
        case .rebooted: .guestRebooted
        case .crashed: .guestCrashed
        case .watchdogRanOut: .guestWatchdog
        case .softReset: .guestSoftReset
        case .destroyed: .guestDestroyed
        }
    }
}
