// What DRBD's own tool does for us: whatever needs the settings of its files. Never in an epoch or a takeover.

internal import DiskMirror
internal import Glibc
internal import ReplicaModel
internal import SystemKit

/// Runs `drbdadm`.
enum MirrorTool {
    private static let program = "/usr/sbin/drbdadm"
    private static let patience: UInt64 = 60_000_000_000
    private static let grace: UInt64 = 2_000_000_000

    /// Runs one of its commands.
    ///
    /// - Parameters:
    ///   - command: Such as "up".
    ///   - resource: The resource.
    /// - Throws: ``SessionFailure`` with its words when it fails.
    static func run(_ command: String, _ resource: String) throws(SessionFailure) {
        let run: ProcessRun
        do throws(SystemError) {
            run = try ProcessRun.run(
                path: program, arguments: [command, resource], timeout: patience, grace: grace)
        } catch {
            throw SessionFailure(
                .diskMirrorFailed, "could not run drbdadm \(command) \(resource): \(error.description)")
        }
        guard run.ending == .exited(status: 0) else {
            let words = String(decoding: run.output, as: UTF8.self).split(separator: "\n").joined(separator: "; ")
            throw SessionFailure(
                .diskMirrorFailed,
                "drbdadm \(command) \(resource) failed (\(run.ending)): \(words); try it by hand on this host")
        }
    }

    /// Makes this host's copy of a disk one that the peer writes anew, all of it, after a takeover that came to nothing.
    ///
    /// - Parameters:
    ///   - resource: The disk's resource; nothing uses it here.
    ///   - control: Asks DRBD.
    ///   - journalFolder: Where the takeover kept its journal, which means nothing any more then.
    /// - Throws: ``SessionFailure``; may be repeated.
    static func giveBack(
        _ resource: String, _ control: MirrorControl, journalFolder: String
    ) throws(SessionFailure) {
        do throws(MirrorError) {
            // The peer must not take anything from here before the copy is known as void.
            try control.disconnect(resource, before: GuestDisk.deadline)
            for row in try control.volumes(of: resource, before: GuestDisk.deadline) {
                try control.becomeSecondary(minor: row.minor, before: GuestDisk.deadline)
            }
        } catch { throw SessionFailure(error) }
        try run("invalidate", resource)
        do throws(EpochLayerError) { try UndoJournal.remove(of: resource, in: journalFolder) } catch {
            throw SessionFailure(error)
        }
        try TakenCopies(folder: journalFolder).forget(resource)
        try run("adjust", resource)
    }
}
