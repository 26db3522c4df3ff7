internal import ReplicaModel

/// The disks of one replica on the backup, all of them together; used by the replica's thread only.
protocol ReplicaDisks: AnyObject {
    /// Begins an undo log of every disk, which later writes go into.
    ///
    /// - Parameter epoch: The epoch at whose end the guest stands still.
    /// - Throws: ``SessionFailure`` when a disk's log could not begin; the replica is then of no use.
    func placeBarrier(_ epoch: Epoch) throws(SessionFailure)

    /// Makes ready for the next barrier, so that it takes one order only; after each barrier, while the guest runs.
    ///
    /// - Throws: ``SessionFailure``; may be called again.
    func prepareBarrier() throws(SessionFailure)

    /// Drops the logs that began before a barrier.
    ///
    /// - Parameter barrier: The oldest barrier that is still needed.
    /// - Throws: ``SessionFailure``.
    func dropUndoLogs(before barrier: Epoch) throws(SessionFailure)

    /// Takes every disk back to a barrier, and makes this host the one that may write to them.
    ///
    /// - Parameter barrier: The barrier; `nil` takes nothing back.
    /// - Throws: ``SessionFailure``; a disk that was changed already must not be used any more.
    func rollBack(to barrier: Epoch?) throws(SessionFailure)

    /// Ends the mirroring of a primary that is not heard any more: when it comes back, its resync must not go into the undo
    /// logs.
    ///
    /// - Throws: ``SessionFailure``; may be called again.
    func part() throws(SessionFailure)

    /// The guest runs here: what the other host has of the disks is the older copy from now on.
    ///
    /// - Throws: ``SessionFailure`` when that could not be written down; may be called again.
    func own() throws(SessionFailure)

    /// Takes the undo logs away. What was taken for a takeover that failed stays as it is: it may be the only copy left.
    func release()

    /// Lets DRBD seek its peer again, unless the disks were taken for a takeover.
    func reconnect()

    /// Whether an undo log has come to the mark from which the next checkpoint should come soon.
    ///
    /// - Throws: ``SessionFailure`` when a log was lost: the replica cannot be used any more.
    func isFilling() throws(SessionFailure) -> Bool
}
