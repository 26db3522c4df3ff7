internal import DiskMirror
internal import ReplicaModel
internal import SystemKit
internal import Telemetry

/// The disks of one replica, which DRBD mirrors from the primary, each over an epoch layer.
final class MirroredReplicaDisks: ReplicaDisks {
    /// A layer cannot lie in an array; this can.
    private final class Disk {
        let disk: GuestDisk
        var layer: EpochLayer?

        init(_ disk: GuestDisk, _ layer: consuming EpochLayer) {
            self.disk = disk
            self.layer = consume layer
        }
    }

    /// From this part of an undo log's bound on the next checkpoint should come soon.
    private static let fillMark = 0.5

    private let control = MirrorControl()
    private let disks: [Disk]
    private let domain: DomainIdentity
    private let generation: Generation
    private let journalFolder: String
    /// A takeover has begun.
    private var isTaken = false
    /// The mirroring was ended.
    private var isParted = false
    private var nextLook: UInt64 = 0
    private var wasFilling = false

    /// Puts an epoch layer under each disk; writes pass as before until the first barrier.
    ///
    /// - Parameters:
    ///   - disks: The disks; DRBD is their backup here.
    ///   - domain: Whose disks they are.
    ///   - undoBytes: The bound of each of a disk's three undo logs, in bytes.
    ///   - chunkSectors: In what pieces old content is saved, in sectors of 512 bytes.
    ///   - generation: The primary's generation.
    ///   - journalFolder: Where a takeover writes down what it takes back.
    /// - Throws: ``SessionFailure``; all disks are as they were then.
    init(
        _ disks: [GuestDisk], of domain: DomainIdentity, undoBytes: UInt64, chunkSectors: UInt32,
        generation: Generation,
        journalFolder: String
    ) throws(SessionFailure) {
        var armed: [Disk] = []
        do throws(EpochLayerError) {
            for disk in disks {
                // What a dead controller left goes on filling its logs.
                _ = try EpochLayer.cleanUp(resource: disk.resource)
                armed.append(
                    Disk(
                        disk,
                        try EpochLayer.arm(
                            resource: disk.resource, chunkSectors: chunkSectors, storeBytes: undoBytes)))
            }
        } catch {
            for disk in armed { try? disk.layer.take()?.disarm() }
            throw SessionFailure(error)
        }
        self.disks = armed
        self.domain = domain
        self.generation = generation
        self.journalFolder = journalFolder
    }

    func placeBarrier(_ epoch: Epoch) throws(SessionFailure) {
        try each { (layer) throws(EpochLayerError) in try layer.barrier(epoch) }
    }

    func prepareBarrier() throws(SessionFailure) {
        try each { (layer) throws(EpochLayerError) in try layer.prepareNext() }
    }

    func dropUndoLogs(before barrier: Epoch) throws(SessionFailure) {
        try each { (layer) throws(EpochLayerError) in try layer.commit(barrier) }
    }

    func isFilling() throws(SessionFailure) -> Bool {
        // Each look asks the kernel; an undo log takes longer than this to fill from the mark on.
        let now = Clock.monotonic
        guard now >= nextLook else { return wasFilling }
        nextLook = now + 20_000_000
        var isFilling = false
        try each { (layer) throws(EpochLayerError) in
            var newest: UndoLogState?
            for log in try layer.logs() {
                guard case .valid = log.fill else { throw .logInvalid(resource: layer.resource, epoch: log.epoch) }
                newest = log
            }
            // The newest log only: the older one goes with the commit that is under way.
            if let newest, newest.usedPart >= Self.fillMark { isFilling = true }
        }
        wasFilling = isFilling
        return isFilling
    }

    func part() throws(SessionFailure) {
        guard !isParted else { return }
        try onMirror { (disk) throws(MirrorError) in try control.disconnect(disk.resource, before: GuestDisk.deadline) }
        isParted = true
    }

    func rollBack(to barrier: Epoch?) throws(SessionFailure) {
        // Before anything changes: should the takeover come to nothing, the copies here are void once the peer goes on.
        for disk in disks { try copies.note(disk.disk.resource, of: domain) }
        isTaken = true
        // Nothing of the old primary may arrive any more, before what is to be taken back is written down.
        try part()
        let takeover = UInt64.random(in: .min ... .max)
        for disk in disks {
            guard let layer = disk.layer.take() else { continue }
            do throws(EpochLayerError) {
                if let barrier {
                    _ = try layer.takeBack(
                        to: barrier, generation: generation.next, takeover: takeover, journalFolder: journalFolder)
                } else {
                    try layer.disarm()
                }
            } catch { throw SessionFailure(error) }
        }
        try onMirror { (disk) throws(MirrorError) in try control.takeOver(disk.resource, before: GuestDisk.deadline) }
        try UndoRecovery(folder: journalFolder).apply(to: disks.map(\.disk), control)
    }

    func own() throws(SessionFailure) {
        for disk in disks { try copies.forget(disk.disk.resource) }
    }

    func release() {
        for disk in disks {
            guard let layer = disk.layer.take() else { continue }
            do throws(EpochLayerError) { try layer.disarm() } catch { Self.tell(SessionFailure(error)) }
        }
    }

    func reconnect() {
        guard isParted, !isTaken else { return }
        for disk in disks {
            do throws(SessionFailure) { try MirrorTool.run("adjust", disk.disk.resource) } catch { Self.tell(error) }
        }
    }

    private static func tell(_ failure: SessionFailure) {
        Log.error("A replica's disk could not be let go", ("REPLICACTL_DETAIL", failure.text))
    }

    private var copies: TakenCopies { TakenCopies(folder: journalFolder) }

    private func each(
        _ body: (inout EpochLayer) throws(EpochLayerError) -> Void
    ) throws(SessionFailure) {
        for disk in disks {
            do throws(EpochLayerError) { try disk.layer.use(body) } catch { throw SessionFailure(error) }
        }
    }

    private func onMirror(_ body: (GuestDisk) throws(MirrorError) -> Void) throws(SessionFailure) {
        for disk in disks {
            do throws(MirrorError) { try body(disk.disk) } catch { throw SessionFailure(error) }
        }
    }
}
