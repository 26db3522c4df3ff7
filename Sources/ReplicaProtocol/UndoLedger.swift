public import ReplicaModel

/// Which undo logs of a domain's disks the backup keeps, and what each is good for (safety rule 3).
///
/// An undo log begins at a disk barrier: it holds what has been overwritten since. With the log of the newest barrier at or
/// before an epoch the disks can be taken back to that epoch, because a later epoch without a barrier of its own wrote
/// nothing.
public struct UndoLedger: Equatable, Sendable {
    /// The epochs at whose barriers a log began, the oldest first; at most two.
    public private(set) var barriers: [Epoch] = []
    /// The barrier that is being placed.
    private(set) var pending: Epoch?

    /// Makes a ledger without a log.
    public init() {}

    /// A barrier is asked for.
    ///
    /// - Parameter epoch: Its epoch.
    /// - Returns: Whether it is newer than every other one, and may be placed.
    mutating func ask(_ epoch: Epoch) -> Bool {
        guard pending == nil, barriers.last.map({ $0 < epoch }) ?? true else { return false }
        pending = epoch
        return true
    }

    /// The barrier stands.
    ///
    /// - Parameter epoch: Its epoch.
    /// - Returns: Whether it is the one that was asked for.
    mutating func taken(_ epoch: Epoch) -> Bool {
        guard pending == epoch else { return false }
        pending = nil
        barriers.append(epoch)
        return true
    }

    /// The barrier to which the disks are taken back for an epoch.
    ///
    /// - Parameter epoch: A committed epoch.
    /// - Returns: `nil` when no log reaches back so far.
    func base(of epoch: Epoch) -> Epoch? { barriers.last { $0 <= epoch } }

    /// An epoch is committed: logs that begin before its base are of no use any more.
    ///
    /// - Parameter epoch: The epoch.
    /// - Returns: The oldest log that is still needed; `nil` when there is nothing to drop.
    mutating func commit(_ epoch: Epoch) -> Epoch? {
        guard let base = base(of: epoch), barriers.contains(where: { $0 < base }) else { return nil }
        barriers.removeAll { $0 < base }
        return base
    }
}
