// What the controller does for its domains' disks outside of a session.

internal import CheckpointStream
internal import DiskMirror
internal import Heartbeat
internal import ReplicaModel
internal import ReplicaProtocol
internal import Synchronization
internal import SystemKit
internal import Telemetry
internal import XenToolstack

extension Controller {
    /// Settles what a dead controller left of the disks: layers that still save old content, and broken-off takeovers.
    ///
    /// Before anything is taken up, so that no guest, and no peer, gets a disk that is half taken back (safety rule 3).
    func settleDisks() {
        let site = DiskSite(journalFolder: store.journalFolder)
        let output = CommandOutput(
            out: { Log.notice("Disks were settled", ("REPLICACTL_DETAIL", $0)) },
            error: { Log.error("A disk could not be settled", ("REPLICACTL_DETAIL", $0)) }, isTerminal: false)
        // Each failure was told; a disk with one is refused by everything that looks at it.
        try? DiskAssembly(site: site, occasion: .controllerStart, output: output).run()
    }

    /// Puts the undo logs under the disks of a replica.
    ///
    /// - Returns: `nil` for a domain that writes to no disk.
    /// - Throws: ``SessionFailure``; all disks are as they were then.
    func replicaDisks(
        _ descriptions: [MirroredDisk], of domain: DomainIdentity, _ generation: Generation
    ) throws(SessionFailure) -> (any ReplicaDisks)? {
        guard !descriptions.isEmpty else { return nil }
        try mirrors.start()
        let disks: [GuestDisk]
        do throws(MirrorError) {
            let control = MirrorControl()
            disks = try descriptions.map { (description) throws(MirrorError) in try GuestDisk(description, control) }
        } catch { throw SessionFailure(error) }
        return try MirroredReplicaDisks(
            disks, of: domain, undoBytes: UInt64(configuration.disk.undoLimitBytes),
            chunkSectors: configuration.disk.undoChunkSectors, generation: generation,
            journalFolder: store.journalFolder)
    }

    /// One round of looking after disks that no session looks after.
    func keepDisks() {
        let now = MonotonicTime(nanoseconds: Clock.monotonic)
        let isDue = housekeeping.withLock { state in
            guard state.disksDueAt.map({ now >= $0 }) ?? true else { return false }
            state.disksDueAt = now + Self.diskInterval
            return true
        }
        guard isDue else { return }
        var failures: [String: String] = [:]
        func attempt(_ resource: String, _ body: () throws(SessionFailure) -> Void) {
            do throws(SessionFailure) { try body() } catch { failures[resource] = error.text }
        }
        for (identity, entry) in table.entries where entry.ownsWithoutReplica {
            guard MirrorReunion.isSafe(with: table.report?.peerClaims.claim(on: identity)) else { continue }
            for resource in entry.disks {
                attempt(resource) { () throws(SessionFailure) in
                    try MirrorReunion.connect(resource, journalFolder: store.journalFolder)
                }
            }
        }
        for (resource, domain) in TakenCopies(folder: store.journalFolder).all() {
            attempt(resource) { () throws(SessionFailure) in try settleTakenCopy(resource, of: domain) }
        }
        let new = housekeeping.withLock { state in
            defer { state.diskFailures = failures }
            return failures.filter { state.diskFailures[$0.key] != $0.value }
        }
        for (resource, text) in new {
            Log.error(
                "A disk could not be looked after; it is tried again", ("REPLICACTL_DETAIL", "\(resource): \(text)"))
        }
    }

    private static let diskInterval: Milliseconds = 2_000

    /// Decides about a copy that a takeover took here.
    ///
    /// It is this host's where the domain runs here, and it is void, and to be
    /// written anew, as soon as the peer says itself that the domain runs there. Until then it may be the last one.
    private func settleTakenCopy(_ resource: String, of domain: DomainIdentity) throws(SessionFailure) {
        guard table.entry(of: domain)?.isReplaceable ?? true else { return }
        if try runsHere(domain) { return try TakenCopies(folder: store.journalFolder).forget(resource) }
        guard let report = table.report, report.peerSpeaksForItself,
            let claim = report.peerClaims.claim(on: domain), MirrorReunion.runsThere(claim)
        else { return }
        try MirrorTool.giveBack(resource, MirrorControl(), journalFolder: store.journalFolder)
        Log.notice(
            "A copy of a disk that was taken for nothing is written anew from the peer", ("REPLICACTL_DETAIL", resource)
        )
    }

    /// Whether a domain is on record as this host's and is no replica any more.
    private func runsHere(_ domain: DomainIdentity) throws(SessionFailure) -> Bool {
        do {
            guard let record = try store.record(of: domain), record.role == .owner,
                let information = try hypervisor.domain(with: domain)
            else { return false }
            return information.state != .dying && information.name != ReplicaName.of(record.name)
        } catch { throw SessionFailure(.internalFault, "\(error)") }
    }

    /// Takes back that the kernel holds writes when it loses the peer, where a dead controller left it so and no session has
    /// the disk: a guest that is started there by hand would stand still with nobody to decide (safety rule 5).
    func releaseLeftFencing() {
        guard housekeeping.withLock({ $0.notTakenUp.isEmpty }) else { return }
        let inUse = Set(table.entries.values.flatMap(\.disks))
        let control = MirrorControl()
        do throws(MirrorError) {
            for row in try control.status(before: GuestDisk.deadline) where !inUse.contains(row.resource) {
                guard let disk = row.disk, disk.fencing == .resourceAndStonith,
                    disk.backingDevice.hasPrefix(MirrorVerdict.epochLayerPrefix)
                else { continue }
                // What is held already stays so: whether this copy may go on is not known here.
                try control.setFencing(.dontCare, minor: row.minor, before: GuestDisk.deadline)
            }
        } catch {
            guard error != .moduleMissing else { return }
            Log.warning("DRBD's fencing could not be looked at", ("REPLICACTL_DETAIL", error.description))
        }
    }
}
