// `replicactl disk assemble`: at the start of the host, before DRBD, the layers and what an unfinished takeover has left.

internal import DiskMirror
internal import Glibc
internal import ReplicaModel
internal import SystemKit

/// Makes the devices that DRBD's files name, and settles the undo journals first.
///
/// A resource whose journal cannot be settled gets no device: DRBD then has no disk here, takes nothing from the peer and
/// gives nothing to it, until somebody has decided (docs/decisions/0020-an-unfinished-takeover-of-disks.md).
struct DiskAssembly {
    /// How long the backing devices may take to appear, all together, in nanoseconds.
    private static let devicePatience: UInt64 = 30_000_000_000

    /// When it is done.
    enum Occasion: Equatable {
        /// The host starts, or an operator orders it, and no controller is at work here: everything.
        case withoutController
        /// A controller is at work here: what is armed or journalled is its own, and only missing devices are made.
        case besideController
        /// A controller starts: what a dead one left, and nothing that waits for devices.
        case controllerStart
    }

    let site: DiskSite
    let occasion: Occasion
    let output: CommandOutput
    private let deviceDeadline = Clock.monotonic + devicePatience

    /// - Parameters:
    ///   - site: This host.
    ///   - occasion: When it is done.
    ///   - output: Where it tells what it does.
    init(site: DiskSite, occasion: Occasion, output: CommandOutput) {
        self.site = site
        self.occasion = occasion
        self.output = output
    }

    /// Does it for all resources, over errors.
    ///
    /// - Throws: ``CommandError`` that counts what failed; each was told.
    func run() throws(CommandError) {
        var failed: [String] = []
        func attempt(_ resource: String, _ body: () throws(CommandError) -> Void) {
            do throws(CommandError) { try body() } catch {
                failed.append(resource)
                output.error(
                    "replicactl: \(resource): \(error.message)\(error.hint.isEmpty ? "" : "; \(error.hint)")\n")
            }
        }
        let journals = occasion == .besideController ? [] : UndoJournal.resources(in: site.journalFolder)
        if occasion == .besideController {
            output.out("a controller runs here: only missing devices are made\n")
        } else {
            for resource in leftLayers() { attempt(resource) { () throws(CommandError) in try cleanUp(resource) } }
        }
        let isMakingDevices = occasion != .controllerStart
        for resource in isMakingDevices ? site.boot.resources() : [] where !journals.contains(resource) {
            attempt(resource) { () throws(CommandError) in _ = try make(resource) }
        }
        let recovery = UndoRecovery(folder: site.journalFolder)
        for group in recovery.groups(of: journals) {
            for resource in recovery.order(group) {
                attempt(resource) { () throws(CommandError) in try settle(resource, of: group) }
            }
        }
        guard failed.isEmpty else {
            throw CommandError(
                .diskChangeFailed, "not all disks could be assembled: \(Set(failed).sorted().joined(separator: ", "))",
                hint: "`replicactl disk status` shows each; run `replicactl disk assemble` again when it is mended")
        }
    }

    private func leftLayers() -> [String] { (try? EpochLayer.resources()) ?? [] }

    private func cleanUp(_ resource: String) throws(CommandError) {
        let isLeft = try site.layer { () throws(EpochLayerError) in try EpochLayer.cleanUp(resource: resource) }
        if isLeft { output.out("\(resource): the layer that an earlier controller left is at rest again\n") }
    }

    /// - Returns: Whether there is a device now.
    private func make(_ resource: String) throws(CommandError) -> LayerDevice? {
        let found = try site.layer { () throws(EpochLayerError) in try LayerDevice.find(resource: resource) }
        if let found { return found }
        guard let backing = try site.file({ () throws(SystemError) in try site.boot.backing(of: resource) }) else {
            throw CommandError(.diskUnfit, "\(site.boot.path(of: resource)) is missing")
        }
        // A wrap that a crash has broken off: DRBD still uses the backing device itself.
        guard
            try site.files.file(of: resource).text.disks(of: resource).contains(
                MirrorVerdict.epochLayerPrefix + resource)
        else {
            output.out("\(resource): DRBD's file does not name the layer, so none is made; see replicactl disk wrap\n")
            return nil
        }
        while access(backing, F_OK) != 0, Clock.monotonic < deviceDeadline { Clock.sleep(milliseconds: 100) }
        let device = try site.layer { () throws(EpochLayerError) in
            try LayerDevice.create(resource: resource, over: backing)
        }
        output.out("\(device.path) is over \(backing)\n")
        return device
    }

    // MARK: journals

    private func settle(_ resource: String, of group: [String]) throws(CommandError) {
        let recovery = UndoRecovery(folder: site.journalFolder)
        let marks = try site.layer { () throws(EpochLayerError) in try recovery.marks(of: resource, in: group) }
        if marks.contains(where: { $0 == nil }) {
            try drop(resource, .notBegun)
            _ = try make(resource)
            return
        }
        let isUp = try site.status().contains { $0.resource == resource }
        let had = try site.layer { () throws(EpochLayerError) in try LayerDevice.find(resource: resource) } != nil
        do throws(CommandError) {
            guard try make(resource) != nil || isUp else {
                throw CommandError(
                    .diskUnfit, "an undo journal is there, and the disk is not on the epoch layer",
                    hint: "see docs/disks.md for how to settle it by hand")
            }
            // Without a connection: the peer must neither see nor send anything before it is settled.
            if isUp {
                try site.mirror { () throws(MirrorError) in
                    try site.control.disconnect(resource, before: GuestDisk.deadline)
                }
            } else {
                for step in ["new-resource", "new-minor", "attach"] { try site.drbdadm(step, resource) }
            }
            try judge(resource, marks)
            if !isUp {
                try takeDown(resource)
            } else if !TakenCopies(folder: site.journalFolder).all().contains(where: { $0.resource == resource }) {
                try site.drbdadm("adjust", resource)
            }
        } catch {
            if !isUp {
                try? takeDown(resource)
                // DRBD must not find a disk here.
                if !had { _ = try? LayerDevice.find(resource: resource)?.remove() }
            }
            throw error
        }
    }

    private func judge(_ resource: String, _ marks: [UndoMark?]) throws(CommandError) {
        let rows = try site.mirror { () throws(MirrorError) in
            try site.control.volumes(of: resource, before: GuestDisk.deadline)
        }
        guard rows.count == 1, let row = rows.first else {
            throw CommandError(.diskUnfit, "it has \(rows.count) volumes")
        }
        switch UndoSettlement(marks: marks, status: row) {
        case .drop(let reason):
            try drop(resource, reason)
            // The peer's data are here, or will be: nothing is left of what was taken.
            try forgetTaken(resource)
        case .refuse(let doubt):
            throw CommandError(.diskChangeFailed, "its unfinished takeover cannot be settled: \(doubt)")
        case .apply:
            try site.mirror { () throws(MirrorError) in
                try site.control.setFencing(.dontCare, minor: row.minor, before: GuestDisk.deadline)
                try site.control.becomePrimary(minor: row.minor, before: GuestDisk.deadline)
            }
            // The promotion makes no new identifier, as the data have one already that the peer lacks; were it otherwise,
            // the journal's mark would say so.
            let now = try site.mirror { () throws(MirrorError) in
                try site.control.volume(minor: row.minor, before: GuestDisk.deadline)
            }
            guard let identifiers = now.disk?.identifiers else {
                throw CommandError(.diskChangeFailed, "its disk was lost")
            }
            try site.layer { () throws(EpochLayerError) in
                try Rollback.pending(of: resource, in: site.journalFolder)?
                    .apply(to: "/dev/drbd\(row.minor)", as: identifiers)
            }
            if row.role != .primary {
                try site.mirror { () throws(MirrorError) in
                    try site.control.becomeSecondary(minor: row.minor, before: GuestDisk.deadline)
                }
            }
            output.out("\(resource): the unfinished takeover was brought to its end: the disk is whole\n")
        }
    }

    private func drop(_ resource: String, _ reason: UndoSettlement.Reason) throws(CommandError) {
        try site.layer { () throws(EpochLayerError) in try UndoJournal.remove(of: resource, in: site.journalFolder) }
        output.out("\(resource): the undo journal was deleted: \(reason)\n")
    }

    private func forgetTaken(_ resource: String) throws(CommandError) {
        do throws(SessionFailure) { try TakenCopies(folder: site.journalFolder).forget(resource) } catch {
            throw CommandError(error.reason, error.text)
        }
    }

    private func takeDown(_ resource: String) throws(CommandError) {
        try site.mirror { () throws(MirrorError) in
            try site.control.takeDown(resource, before: GuestDisk.deadline)
        }
    }
}
