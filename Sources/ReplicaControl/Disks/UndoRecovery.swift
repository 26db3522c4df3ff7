// What a takeover has written down is taken back on the disks, all of them together or none.

internal import DiskMirror
internal import ReplicaModel

/// Applies the undo journals of a takeover in the one order that a crash in between cannot spoil.
struct UndoRecovery: Sendable {
    /// Where journals are kept.
    let folder: String

    /// Applies the journals of disks for which this host has become the primary (safety rule 3).
    ///
    /// All are marked before the first is applied: after a crash one that is not marked tells that none was.
    ///
    /// - Parameters:
    ///   - disks: All disks of the guest; one without a journal is left as it is.
    ///   - control: Asks DRBD.
    /// - Throws: ``SessionFailure``; may be repeated.
    func apply(to disks: [GuestDisk], _ control: MirrorControl) throws(SessionFailure) {
        var identifiers: [MirrorIdentifiers] = []
        for disk in disks {
            let row: MirrorStatus
            do throws(MirrorError) {
                row = try control.volume(minor: disk.minor, before: GuestDisk.deadline)
            } catch { throw SessionFailure(error) }
            guard let found = row.disk?.identifiers else {
                throw SessionFailure(.diskMirrorFailed, "\(disk.resource): \(UndoSettlement.Doubt.noDisk)")
            }
            identifiers.append(found)
        }
        do throws(EpochLayerError) {
            for (disk, found) in zip(disks, identifiers) {
                try UndoJournal.begin(of: disk.resource, in: folder, as: found)
            }
            for (disk, found) in zip(disks, identifiers) {
                try Rollback.pending(of: disk.resource, in: folder)?
                    .apply(to: disk.node, as: found) { PlantedCrash.backupRollback.strike() }
            }
        } catch { throw SessionFailure(error) }
    }
}

extension UndoRecovery {
    /// Sorts resources with journals by their takeovers; one whose journal cannot be read is alone.
    func groups(of resources: [String]) -> [[String]] {
        var groups: [(takeover: UInt64, members: [String])] = []
        for resource in resources {
            guard let takeover = (try? UndoJournal.header(of: resource, in: folder))??.takeover else {
                groups.append((0, [resource]))
                continue
            }
            if let index = groups.firstIndex(where: { $0.takeover == takeover && $0.takeover != 0 }) {
                groups[index].members.append(resource)
            } else {
                groups.append((takeover, [resource]))
            }
        }
        return groups.map(\.members)
    }

    /// The order in which the journals of a takeover are settled: the marked ones first.
    ///
    /// When one is not marked all are deleted, and that one last: a crash in between must not leave marked ones alone.
    func order(_ group: [String]) -> [String] {
        func isMarked(_ resource: String) -> Bool { (try? UndoJournal.header(of: resource, in: folder))??.mark != nil }
        return group.filter(isMarked) + group.filter { !isMarked($0) }
    }

    /// The marks of the takeover's journals that are still there, this resource's first.
    ///
    /// - Throws: ``EpochLayerError`` when one cannot be read: then nobody knows whether the takeover had begun.
    func marks(of resource: String, in group: [String]) throws(EpochLayerError) -> [UndoMark?] {
        var marks: [UndoMark?] = []
        for member in [resource] + group.filter({ $0 != resource }) {
            if let header = try UndoJournal.header(of: member, in: folder) { marks.append(header.mark) }
        }
        return marks
    }
}
