internal import Glibc
public import ReplicaModel
internal import SystemKit

extension EpochLayer {
    /// Takes the layer out; the disk keeps all writes, and nothing is left behind.
    ///
    /// - Throws: ``EpochLayerError``; ``cleanUp(resource:)`` may be tried then.
    public consuming func disarm() throws(EpochLayerError) { try Self.dismantle(device) }

    /// Ends the replica's epochs: writes down what leads back to the end of a committed epoch, and takes the layer out.
    ///
    /// No write reaches the disk from the first step on until the layer is out, so the journal is of one moment. DRBD must
    /// be disconnected before, so that none comes after it. What the disk itself has changes only by
    /// ``Rollback/apply(to:as:)``, through DRBD, before anything else uses the disk.
    ///
    /// - Parameters:
    ///   - epoch: The committed epoch.
    ///   - generation: The generation of the owner that takes the disk back.
    ///   - takeover: The same for all disks of this takeover, and for no other: a random number.
    ///   - journalFolder: Where journals are kept; it must be there.
    /// - Returns: Whether there is a journal to apply; without one the disk is as it was at the end of the epoch.
    /// - Throws: ``EpochLayerError``: the replica must not be activated. There is no journal then; the layer is out, or
    ///   ``cleanUp(resource:)`` takes it out.
    public consuming func takeBack(
        to epoch: Epoch, generation: Generation, takeover: UInt64, journalFolder: String
    ) throws(EpochLayerError) -> Bool {
        let device = device
        let purpose = UndoPurpose(
            resource: resource, epoch: epoch, generation: generation, takeover: takeover)
        let hasJournal: Bool
        do throws(EpochLayerError) {
            try UndoJournal.remove(of: resource, in: journalFolder)
            try withdraw(after: epoch)
            try DeviceMapper.suspend(device.name)
            hasJournal = try writeJournal(purpose, folder: journalFolder)
        } catch {
            try? Self.dismantle(device)
            throw error
        }
        do throws(EpochLayerError) { try Self.dismantle(device) } catch {
            // Nobody may find a journal of a failover that did not come about.
            try? UndoJournal.remove(of: purpose.resource, in: journalFolder)
            throw error
        }
        return hasJournal
    }

    /// Takes out what an earlier process left of a resource's layer; the disk keeps all writes.
    ///
    /// To be called before the resource is used, and never while a layer of it is in use.
    ///
    /// - Parameter resource: The DRBD resource.
    /// - Returns: Whether anything was left.
    /// - Throws: ``EpochLayerError``.
    public static func cleanUp(resource: String) throws(EpochLayerError) -> Bool {
        var isLeft = false
        for slot in 0..<EpochSlots.count {
            if try DeviceMapper.information(ResourceName.undo(resource, slot: slot)) != nil { isLeft = true }
        }
        guard let device = try LayerDevice.find(resource: resource) else {
            try removeSnapshots(resource)
            return isLeft
        }
        let state = try DeviceMapper.information(device.name)
        guard isLeft || device.isArmed || state?.isSuspended == true || state?.hasLoadedTable == true else {
            return false
        }
        try dismantle(device)
        return true
    }

    /// The resources of which an earlier process may have left a layer: of all that have a device of ours.
    ///
    /// - Returns: Their names, sorted.
    /// - Throws: ``EpochLayerError/deviceMapper(action:device:code:message:)``.
    public static func resources() throws(EpochLayerError) -> [String] {
        let names = try DeviceMapper.names()
        let layers = names.filter { $0.hasPrefix(ResourceName.layerPrefix) }
            .map { String($0.dropFirst(ResourceName.layerPrefix.count)) }
        let undos = names.filter { $0.hasPrefix(ResourceName.undoPrefix) }
            .map { String($0.dropFirst(ResourceName.undoPrefix.count).dropLast(2)) }
        return Set(layers + undos).sorted()
    }

    /// First lets the writes pass, then removes what they pass no more.
    static func dismantle(_ device: LayerDevice) throws(EpochLayerError) {
        try device.putToRest()
        try removeSnapshots(device.resource)
    }

    private static func removeSnapshots(_ resource: String) throws(EpochLayerError) {
        for slot in 0..<EpochSlots.count { try DeviceMapper.remove(ResourceName.undo(resource, slot: slot), .hidden) }
    }

    /// Writes what the log of an epoch has; nothing may write to the disk meanwhile.
    private borrowing func writeJournal(_ purpose: UndoPurpose, folder: String) throws(EpochLayerError) -> Bool {
        guard let slot = slots.covering(purpose.epoch) else {
            throw .outOfOrder(resource: resource, what: "no barrier was placed for epoch \(purpose.epoch) or before it")
        }
        // The kernel's own word first: the mark in the store may be missing when the store itself has failed.
        guard case .valid = try fill(slot) else { throw .logInvalid(resource: resource, epoch: purpose.epoch) }
        let log: UndoLog
        let chunks: [UndoLog.SavedChunk]
        do throws(LogReadFailure) {
            log = try readLog(slot)
            do throws(UndoLogFault) { chunks = try log.inOrder() } catch { throw .fault(error) }
        } catch {
            switch error {
            case .fault(let fault):
                throw .logUnreadable(resource: resource, epoch: purpose.epoch, fault: fault)
            case .call(let error): throw error
            }
        }
        if chunks.isEmpty { return false }
        var next = chunks[...]
        let chunkBytes = layout.chunkBytes
        _ = try UndoJournal.write(
            purpose: purpose, diskBytes: layout.diskBytes, runs: log.runs(of: chunks), folder: folder
        ) { (room) throws(EpochLayerError) in
            var count = 0
            while let chunk = next.first, count < room.count {
                // Only the disk's last chunk is cut off, and it is the last piece.
                let bytes = min(Int(chunkBytes), room.count - count)
                try stores[slot].read(
                    at: chunk.storeOffset, into: UnsafeMutableRawBufferPointer(rebasing: room[count..<count + bytes]))
                count += bytes
                next = next.dropFirst()
            }
            return count
        }
        return true
    }

    private enum LogReadFailure: Error {
        case fault(UndoLogFault)
        case call(EpochLayerError)
    }

    private borrowing func readLog(_ slot: Int) throws(LogReadFailure) -> UndoLog {
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(layout.chunkBytes), alignment: 4096)
        defer { room.deallocate() }
        var log = UndoLog(layout: layout)
        var offset: UInt64 = 0
        var isHeader = true
        while true {
            do throws(EpochLayerError) { try stores[slot].read(at: offset, into: room) } catch { throw .call(error) }
            do throws(UndoLogFault) {
                let bytes = UnsafeRawBufferPointer(room).bytes
                if isHeader {
                    try log.checkHeader(bytes)
                } else if try !log.readArea(bytes) {
                    return log
                }
            } catch { throw .fault(error) }
            isHeader = false
            offset = log.nextAreaOffset
        }
    }
}

extension EpochLayer {
    /// How far the undo logs of a resource are filled, whichever process has made them; for a look from outside.
    ///
    /// - Parameter resource: The DRBD resource.
    /// - Returns: Those that take anything down, by their place and not by their age; none at rest.
    /// - Throws: ``EpochLayerError``.
    public static func fills(of resource: String) throws(EpochLayerError) -> [UndoLogState.Fill] {
        try ResourceName.check(resource)
        var fills: [UndoLogState.Fill] = []
        for slot in 0..<EpochSlots.count {
            let name = ResourceName.undo(resource, slot: slot)
            // One that is prepared has a loaded table and no live one.
            guard try DeviceMapper.information(name)?.hasLiveTable == true else { continue }
            guard let line = try DeviceMapper.status(name).first, line.kind == "snapshot" else { continue }
            fills.append(UndoLogState.Fill(status: line.parameters))
        }
        return fills
    }
}
