internal import DiskMirror
internal import ReplicaModel
internal import SystemKit

/// The disks of one protected guest, which DRBD mirrors to the backup.
///
/// From ``hold()`` on the kernel holds the guest's writes when it loses the backup, so that two copies of a disk can never
/// both be written: only the decisions of the session let them go or end them (safety rule 2).
final class MirroredPrimaryDisks: PrimaryDisks {
    private final class Disk {
        let disk: GuestDisk
        let counter: WriteCounter
        var mark: WriteCounter.Mark?
        /// What the fencing policy was before the protection.
        var former = MirrorFencing.dontCare
        /// The steps of giving up that are done; none is done twice.
        var hasGivenUp = false
        var follows = false

        var resource: String { disk.resource }

        init(_ disk: GuestDisk) throws(MirrorError) {
            self.disk = disk
            counter = try WriteCounter(minor: disk.minor)
        }
    }

    private let control = MirrorControl()
    private let disks: [Disk]

    /// Takes the disks; nothing of them changes yet.
    ///
    /// - Throws: ``SessionFailure`` when DRBD has one of them no more.
    init(_ disks: [GuestDisk]) throws(SessionFailure) {
        var taken: [Disk] = []
        do throws(MirrorError) {
            try MirrorModule.copyWhatIsSent()
            for disk in disks { taken.append(try Disk(disk)) }
        } catch { throw SessionFailure(error) }
        self.disks = taken
    }

    func hold() throws(SessionFailure) {
        let table: MirrorTable
        do throws(MirrorError) {
            for disk in disks {
                let before = try control.setFencing(
                    .resourceAndStonith, minor: disk.disk.minor, before: GuestDisk.deadline)
                if before != .resourceAndStonith { disk.former = before }
            }
            table = try MirrorTable.current()
        } catch { throw SessionFailure(error) }
        // Before, a lost peer left the two copies apart, and a resync passes by the write counters and the undo logs. From
        // here on nothing is written that is not on both hosts (safety rule 3).
        for disk in disks {
            if let trouble = table.resources[disk.resource].map(\.trouble) ?? "it is gone" {
                throw SessionFailure(
                    .diskMirrorUnsound,
                    "DRBD does not mirror \(disk.resource): \(trouble); see `replicactl disk status`")
            }
        }
    }

    func wroteSinceBarrier() throws(SessionFailure) -> Bool {
        var hasWritten = false
        for disk in disks {
            let mark: WriteCounter.Mark
            do throws(MirrorError) { mark = try disk.counter.mark() } catch { throw SessionFailure(error) }
            if disk.mark.map({ mark.hasWritten(since: $0) }) ?? true { hasWritten = true }
            disk.mark = mark
        }
        return hasWritten
    }

    func goOnAlone() throws(SessionFailure) {
        try each { (disk) throws(MirrorError) in
            if try isHeld(disk) { try control.goOnAlone(disk.resource, before: GuestDisk.deadline) }
            if try control.volume(minor: disk.disk.minor, before: GuestDisk.deadline).disk != nil {
                try control.setFencing(disk.former, minor: disk.disk.minor, before: GuestDisk.deadline)
            }
            // The peer may have been lost just before: the other policy does not let go what is held already.
            if try isHeld(disk) { try control.goOnAlone(disk.resource, before: GuestDisk.deadline) }
        }
    }

    private func isHeld(_ disk: Disk) throws(MirrorError) -> Bool {
        guard let state = try MirrorTable.current().resources[disk.resource] else { throw .noResource(disk.resource) }
        return state.suspension.contains(.byFencing)
    }

    func failWrites() throws(SessionFailure) {
        try each { (disk) throws(MirrorError) in
            if disk.hasGivenUp { return }
            try Self.whereThere { () throws(MirrorError) in
                try control.giveUp(disk.resource, before: GuestDisk.deadline)
            }
            disk.hasGivenUp = true
        }
    }

    func follow() throws(SessionFailure) {
        try each { (disk) throws(MirrorError) in
            if disk.follows { return }
            try Self.whereThere { () throws(MirrorError) in
                try control.takeDown(disk.resource, before: GuestDisk.deadline)
            }
        }
        for disk in disks where !disk.follows {
            try MirrorTool.run("up", disk.resource)
            disk.follows = true
        }
    }

    /// Takes a resource that is not there any more for one with which it is done.
    private static func whereThere(_ body: () throws(MirrorError) -> Void) throws(MirrorError) {
        do throws(MirrorError) { try body() } catch {
            guard case .noResource = error else { throw error }
        }
    }

    /// Does something with all disks; goes on over errors and reports the first.
    private func each(_ body: (Disk) throws(MirrorError) -> Void) throws(SessionFailure) {
        var first: SessionFailure?
        for disk in disks {
            do throws(MirrorError) { try body(disk) } catch { first = first ?? SessionFailure(error) }
        }
        if let first { throw first }
    }
}
