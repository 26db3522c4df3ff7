// The epoch layer of DiskMirror: what lets the backup take a disk back to the end of a committed epoch.

public import ReplicaModel
internal import SystemKit

/// One disk's epoch layer on the backup while a replica is armed: the undo logs below DRBD.
///
/// ``arm(resource:chunkSectors:storeBytes:)`` puts the layer in; then each epoch with disk writes is ``barrier(_:)``,
/// ``prepareNext()`` once that is acknowledged, and later ``commit(_:)``. At the end
/// ``takeBack(to:generation:takeover:journalFolder:)`` or ``disarm()`` takes it out. All calls block, and only ``barrier(_:)`` is
/// made while the guest stands still; call them from one thread. A guest with several disks has one value a disk, and a
/// barrier of the guest is a barrier of each.
///
/// The layer is in the kernel, not in this value: when the value or the process ends without taking it out, it goes on
/// filling its logs, until ``cleanUp(resource:)`` removes it.
public struct EpochLayer: ~Copyable, Sendable {
    /// The device below DRBD.
    public let device: LayerDevice
    /// The sizes of the disk and of its undo logs.
    public let layout: UndoLogLayout
    var slots = EpochSlots()
    let stores: [3 of ExceptionStoreMemory]

    /// The DRBD resource.
    public var resource: String { device.resource }
    /// The epochs that the disk can be taken back to, oldest first; at most two.
    public var epochs: [Epoch] { slots.epochs }

    /// Puts the layer in, under a running DRBD; writes pass as before until the first barrier.
    ///
    /// - Parameters:
    ///   - resource: The DRBD resource; its disk must be the layer device.
    ///   - chunkSectors: In what pieces old content is saved: 8, 16, 32, 64 or 128 sectors of 512 bytes.
    ///   - storeBytes: The bound of each of three undo logs, in ``UndoLogLayout/storeBytesRange``.
    /// - Returns: The layer, prepared for its first barrier.
    /// - Throws: ``EpochLayerError``; the device is at rest then. With
    ///   ``EpochLayerError/unexpectedTable(device:table:)`` an earlier process left a layer: ``cleanUp(resource:)`` first.
    public static func arm(
        resource: String, chunkSectors: UInt32, storeBytes: UInt64
    ) throws(EpochLayerError) -> EpochLayer {
        guard let device = try LayerDevice.find(resource: resource) else { throw .notWrapped(resource: resource) }
        guard !device.isArmed else {
            throw .unexpectedTable(device: device.name, table: DeviceTarget.snapshotOrigin(device.backing).kind)
        }
        let layout = try UndoLogLayout(
            chunkSectors: chunkSectors, storeBytes: storeBytes, diskBytes: device.sectors * UndoLogLayout.sectorBytes)
        var layer = try EpochLayer(device: device, layout: layout)
        do throws(EpochLayerError) {
            // The order matters, see makeOrigin().
            try layer.prepareNext()
            try device.makeOrigin()
        } catch {
            try? dismantle(device)
            throw error
        }
        return layer
    }

    private init(device: LayerDevice, layout: UndoLogLayout) throws(EpochLayerError) {
        self.device = device
        self.layout = layout
        stores = try InlineArray { (slot) throws(EpochLayerError) in
            try ExceptionStoreMemory(name: ResourceName.undo(device.resource, slot: slot), bytes: layout.storeBytes)
        }
    }

    func undo(_ slot: Int) -> String { ResourceName.undo(resource, slot: slot) }

    /// Makes the undo log ready that the next barrier takes, unless one is ready; to be called at any time after a barrier.
    ///
    /// The device is made anew each time. To give an old one another table would cost less here, but then the kernel
    /// waits for the table's last users in the barrier, where the guest stands still.
    ///
    /// - Throws: ``EpochLayerError/outOfOrder(resource:what:)`` when all three logs are in use, or the kernel's refusal;
    ///   the call may be repeated.
    public mutating func prepareNext() throws(EpochLayerError) {
        if slots.prepared != nil { return }
        guard let slot = slots.toPrepare else {
            throw .outOfOrder(resource: resource, what: "three barriers were placed without a commit")
        }
        // So that a first try that broke off is not in the way.
        try DeviceMapper.remove(undo(slot), .hidden)
        try stores[slot].clear()
        try DeviceMapper.create(undo(slot), uuid: ResourceName.undoUUID(resource, slot: slot))
        // Nothing is taken down before the resume, but the kernel knows the snapshot from now on.
        try DeviceMapper.load(
            undo(slot),
            .snapshot(of: device.backing, store: stores[slot].device, chunkSectors: layout.chunkSectors),
            sectors: device.sectors)
        slots.set(slot, .prepared)
    }

    /// Closes an epoch: all writes that were completed before the call are in it, none that begins after (safety rule 3).
    ///
    /// It is one command to the kernel, which waits for the writes that are under way; these may end up on either side.
    /// After an error the epoch must not be committed, and ``withdraw(after:)`` follows.
    ///
    /// - Parameter epoch: The epoch that ends, newer than that of the last barrier.
    /// - Throws: ``EpochLayerError/outOfOrder(resource:what:)`` when no log is prepared, or the kernel's refusal.
    public mutating func barrier(_ epoch: Epoch) throws(EpochLayerError) {
        guard let slot = slots.prepared else {
            throw .outOfOrder(resource: resource, what: "a barrier was asked for, and no undo log was prepared")
        }
        if let last = slots.epochs.last, epoch <= last {
            throw .outOfOrder(resource: resource, what: "a barrier of epoch \(epoch) after that of epoch \(last)")
        }
        // Set before the command: should it fail half-way, the log is of this moment and of no later one.
        slots.set(slot, .covers(epoch))
        try DeviceMapper.resume(undo(slot), .hidden)
    }

    /// Drops the undo logs that nobody needs when an epoch is committed, and gives their memory back.
    ///
    /// An epoch without a barrier of its own had no writes; the log of the barrier before it stays.
    ///
    /// - Parameter epoch: The committed epoch.
    /// - Throws: ``EpochLayerError``; the call may be repeated.
    public mutating func commit(_ epoch: Epoch) throws(EpochLayerError) {
        for slot in slots.obsolete(at: epoch) { try drop(slot) }
    }

    /// Drops the undo logs of barriers whose checkpoints came to nothing.
    ///
    /// - Parameter epoch: The last epoch that is kept.
    /// - Throws: ``EpochLayerError``; the call may be repeated.
    public mutating func withdraw(after epoch: Epoch) throws(EpochLayerError) {
        for slot in slots.newer(than: epoch) { try drop(slot) }
    }

    /// How far the undo logs are filled.
    ///
    /// - Returns: A state for each epoch that the disk can be taken back to, oldest first, which is the fullest.
    /// - Throws: ``EpochLayerError/deviceMapper(action:device:code:message:)``.
    public borrowing func logs() throws(EpochLayerError) -> [UndoLogState] {
        var states: [UndoLogState] = []
        for epoch in slots.epochs {
            guard let slot = slots.covering(epoch) else { continue }
            states.append(UndoLogState(epoch: epoch, fill: try fill(slot)))
        }
        return states
    }

    borrowing func fill(_ slot: Int) throws(EpochLayerError) -> UndoLogState.Fill {
        let line = try DeviceMapper.status(undo(slot)).first
        guard let line, line.kind == "snapshot" else { return .invalid }
        return UndoLogState.Fill(status: line.parameters)
    }

    private mutating func drop(_ slot: Int) throws(EpochLayerError) {
        try DeviceMapper.remove(undo(slot), .hidden)
        try stores[slot].clear()
        slots.set(slot, .empty)
    }
}
