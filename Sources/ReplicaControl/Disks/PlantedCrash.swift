// Moments at which the lab lets a host die; nothing of it is in a build for use.

internal import Glibc
internal import SystemKit

/// A moment of the disks' work that a crash has to survive.
enum PlantedCrash: String {
    /// The primary has asked for a barrier and has no answer.
    case primaryBarrier = "primary-barrier"
    /// The backup has begun the undo log of the coming epoch, and has not said so.
    case backupBarrier = "backup-barrier"
    /// The backup has committed an epoch, and not yet dropped the undo log of the one before.
    case backupCommit = "backup-commit"
    /// The backup, taking over, has written some of the old content back, but not all.
    case backupRollback = "backup-rollback"

    /// Resets this host there and then, in a build with planted faults and if the lab has asked for it.
    @inline(__always) func strike() {
        #if PLANTED_FAULTS
            guard access("/run/replicactl-lab/crash-at-\(rawValue)", F_OK) == 0 else { return }
            // What was written back so far shall be on the medium.
            if self == .backupRollback { sync() }
            // The kernel's immediate reset: nothing is synchronized and nobody is told.
            let trigger = open("/proc/sysrq-trigger", O_WRONLY)
            _ = write(trigger, "b", 1)
            while true { pause() }
        #endif
    }
}
