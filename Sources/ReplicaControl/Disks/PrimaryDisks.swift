internal import ReplicaModel

/// The disks of one protected guest on the primary, all of them together; used by the session's thread only.
protocol PrimaryDisks: AnyObject {
    /// Has the kernel hold writes from now on when it loses the backup; before the first checkpoint.
    ///
    /// - Throws: ``SessionFailure``.
    func hold() throws(SessionFailure)

    /// Whether anything was written since the last call, or is under way; the first call says yes.
    ///
    /// - Throws: ``SessionFailure`` when that cannot be known.
    func wroteSinceBarrier() throws(SessionFailure) -> Bool

    /// Lets writes go on that the broken mirror holds: nobody else can own the domain.
    ///
    /// - Throws: ``SessionFailure``; may be called again.
    func goOnAlone() throws(SessionFailure)

    /// Ends writes that the broken mirror holds as failed: the domain is the other host's and is about to be destroyed here.
    ///
    /// - Throws: ``SessionFailure``; may be called again.
    func failWrites() throws(SessionFailure)

    /// The domain is gone: this host's disks take what the other host has.
    ///
    /// - Throws: ``SessionFailure``; may be called again.
    func follow() throws(SessionFailure)
}
