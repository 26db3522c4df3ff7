/// A moment of the disks' epochs at which a host dies.
///
/// A build with planted faults looks, whenever it comes to such a moment, for the file that names it; if it is there, it
/// resets its host there and then. The file is in memory and goes with the host.
enum DiskMoment: String, CaseIterable, Sendable {
    /// The primary has asked for a barrier and has no answer yet.
    case primaryBarrier = "primary-barrier"
    /// The backup has begun the undo log of the coming epoch, and has not said so.
    case backupBarrier = "backup-barrier"
    /// The backup has committed an epoch, and not yet dropped the undo log of the one before.
    case backupCommit = "backup-commit"
    /// The backup takes over, and has written some of the old content back, but not all.
    case backupRollback = "backup-rollback"

    /// Which host dies.
    var side: Fault.Side { self == .primaryBarrier ? .primary : .backup }

    /// The file that a build with planted faults looks for.
    var file: String { "/run/replicactl-lab/crash-at-\(rawValue)" }

    /// Has a host die when it comes to this moment next.
    func arm(on host: HostName, in lab: Lab) throws(LabError) {
        // The host may be dead before it can say that it did.
        _ = try lab.attemptShell(host, "mkdir -p /run/replicactl-lab && : >\(file)")
        lab.progress.step("\(host) dies at the next \(rawValue)")
    }
}
