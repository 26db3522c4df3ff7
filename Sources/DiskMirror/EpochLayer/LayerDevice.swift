internal import Glibc
internal import SystemKit

/// The device below DRBD on either host: at rest the same as the backing device, while armed the origin of snapshots.
public struct LayerDevice: Equatable, Sendable {
    /// The DRBD resource.
    public let resource: String
    /// What it is over.
    public let backing: BlockDeviceNumber
    /// How long it is, in sectors of 512 bytes.
    public let sectors: UInt64
    /// Whether it is the origin of snapshots, and not at rest.
    public let isArmed: Bool

    var name: String { ResourceName.layer(resource) }

    /// The node that DRBD's configuration names as its disk.
    public var path: String { "/dev/mapper/\(name)" }

    /// Puts a resource's device over its backing device, at rest.
    ///
    /// What was written to the backing device goes to its medium first. DRBD's activity log no longer knows of it after a
    /// detach, so that after a power cut nothing would be resynced of what a disk's cache had lost.
    ///
    /// - Parameters:
    ///   - resource: The DRBD resource.
    ///   - backingPath: The node of the backing device; all of it is taken.
    /// - Returns: The device; its node is there.
    /// - Throws: ``EpochLayerError``; nothing was made then.
    public static func create(resource: String, over backingPath: String) throws(EpochLayerError) -> LayerDevice {
        try ResourceName.check(resource)
        let backing = try BlockDeviceNumber(path: backingPath)
        let disk = try FileDescriptor.opened(backingPath, O_RDONLY)
        try disk.synchronize(backingPath)
        let sectors = try disk.size(of: backingPath) / UndoLogLayout.sectorBytes
        let device = LayerDevice(resource: resource, backing: backing, sectors: sectors, isArmed: false)
        try DeviceMapper.create(device.name, uuid: ResourceName.layerUUID(resource))
        do throws(EpochLayerError) {
            // DRBD answers that it has detached a disk a moment before it lets go of it.
            try DeviceMapper.untilFree { () throws(EpochLayerError) in try device.change(to: .linear(backing)) }
        } catch {
            try? DeviceMapper.remove(device.name, .node)
            throw error
        }
        return device
    }

    /// Finds a resource's device.
    ///
    /// - Parameter resource: The DRBD resource.
    /// - Returns: The device, or `nil` when the resource is not on the epoch layer.
    /// - Throws: ``EpochLayerError/unexpectedTable(device:table:)`` when somebody else made it into something else.
    public static func find(resource: String) throws(EpochLayerError) -> LayerDevice? {
        try ResourceName.check(resource)
        let name = ResourceName.layer(resource)
        guard try DeviceMapper.information(name) != nil else { return nil }
        let table = try DeviceMapper.table(name)
        let target = table.first.flatMap { DeviceTarget(kind: $0.kind, parameters: $0.parameters) }
        guard table.count == 1, let line = table.first, line.start == 0 else {
            throw .unexpectedTable(device: name, table: "\(table.count) lines")
        }
        switch target {
        case .linear(let backing):
            return LayerDevice(resource: resource, backing: backing, sectors: line.length, isArmed: false)
        case .snapshotOrigin(let backing):
            return LayerDevice(resource: resource, backing: backing, sectors: line.length, isArmed: true)
        default: throw .unexpectedTable(device: name, table: "\(line.kind) \(line.parameters)")
        }
    }

    /// Takes the device away from over its backing device; it must be at rest and unused.
    ///
    /// What was written to it goes to the medium first, see ``create(resource:over:)``.
    ///
    /// - Throws: ``EpochLayerError``; `EBUSY` while something uses it.
    public func remove() throws(EpochLayerError) {
        try FileDescriptor.opened(path, O_RDONLY).synchronize(path)
        try DeviceMapper.remove(name, .node)
    }

    /// Makes the device the origin of snapshots, of which one must be loaded already.
    ///
    /// The kernel takes the length at which it splits writes from the snapshots that it knows when the origin is resumed
    /// (`origin_resume`). Without one it would not split, and of a long write save only the first chunk.
    func makeOrigin() throws(EpochLayerError) { try change(to: .snapshotOrigin(backing)) }

    /// Makes the device the same as its backing device, whatever it is now; I/O passes when this returns.
    func putToRest() throws(EpochLayerError) { try change(to: .linear(backing)) }

    private func change(to target: DeviceTarget) throws(EpochLayerError) {
        try DeviceMapper.load(name, target, sectors: sectors)
        try DeviceMapper.resume(name, .node)
    }
}
