// Finds the mirrored volumes behind a guest's disks, and says what is wrong with their mirroring.

internal import CheckpointStream
internal import DiskMirror
internal import Glibc
internal import ReplicaModel
internal import SystemKit
internal import XenToolstack

/// A disk of a guest, on a volume that DRBD mirrors to the other host.
struct GuestDisk: Equatable, Sendable {
    /// The DRBD resource; it has this one volume.
    let resource: String
    /// The number N of `/dev/drbdN` on this host.
    let minor: UInt32
    /// The disk as both hosts know it.
    let description: MirroredDisk

    /// How long DRBD may take to answer, in nanoseconds; its orders take milliseconds.
    static let patience: UInt64 = 5_000_000_000

    static var deadline: UInt64 { Clock.monotonic + patience }

    /// The node of the DRBD device.
    var node: String { "/dev/drbd\(minor)" }

    /// Finds the volume behind a guest's disk.
    ///
    /// - Parameters:
    ///   - path: What the guest's configuration names as its disk.
    ///   - control: Asks DRBD.
    /// - Throws: ``MirrorError``.
    init(path: String, _ control: MirrorControl) throws(MirrorError) {
        try self.init(try control.volume(minor: MirrorDevice(path: path).minor, before: Self.deadline), path: path)
    }

    /// Finds this host's volume of a disk that the peer describes.
    ///
    /// - Throws: ``MirrorError``.
    init(_ description: MirroredDisk, _ control: MirrorControl) throws(MirrorError) {
        let rows = try control.volumes(of: description.resource, before: Self.deadline)
        guard let row = rows.first(where: { $0.volume == description.volume }) else {
            throw .noResource("\(description.resource), volume \(description.volume)")
        }
        try self.init(row, path: description.path)
    }

    /// Finds the mirrored volumes behind a guest's disks, whatever state they are in.
    ///
    /// - Parameter facts: The guest's disks; those that are no DRBD devices are left out.
    /// - Returns: The others that it writes to.
    /// - Throws: ``MirrorError`` when one of them cannot be looked at now.
    static func all(of facts: [GuestFacts.Disk]) throws(MirrorError) -> [GuestDisk] {
        let control = MirrorControl()
        var found: [GuestDisk] = []
        for disk in facts where disk.isWritable {
            do throws(MirrorError) { found.append(try GuestDisk(path: disk.path, control)) } catch {
                guard case .notMirrored = error else { throw error }
            }
        }
        return found
    }

    private init(_ row: MirrorStatus, path: String) throws(MirrorError) {
        resource = row.resource
        minor = row.minor
        description = MirroredDisk(
            resource: row.resource, path: path, volume: row.volume, bytes: try Self.bytes(ofMinor: row.minor))
    }

    private static func bytes(ofMinor minor: UInt32) throws(MirrorError) -> UInt64 {
        let path = "/sys/block/drbd\(minor)/size"
        do throws(SystemError) {
            let text = String(decoding: try FileDescriptor.contents(of: path, atMost: 32), as: UTF8.self)
            // In sectors of 512 bytes, whatever the device's own are.
            if let sectors = UInt64(text.filter(\.isNumber)) { return sectors * 512 }
        } catch { throw .system(action: "read the size of /dev/drbd\(minor)", reason: error.description) }
        throw .notUnderstood("\(path) is no number")
    }

    /// Why a guest cannot be called protected with this disk now, in words that say what to do; empty when it can.
    ///
    /// - Parameters:
    ///   - side: What this host is to the guest.
    ///   - control: Asks DRBD.
    ///   - journalFolder: Where takeovers keep their journals.
    /// - Returns: The obstacles, the weightiest first.
    /// - Throws: ``MirrorError``.
    func obstacles(
        on side: MirrorObstacle.Side, _ control: MirrorControl, journalFolder: String
    ) throws(MirrorError) -> [String] {
        let state = try MirrorTable.current().resources[resource]
        let rows = try control.volumes(of: resource, before: Self.deadline)
        var found = MirrorVerdict(of: state, status: rows, on: side).obstacles.map { "\(resource): \($0)" }
        found += ResourceFiles().warnings(on: resource)
        if TakenCopies(folder: journalFolder).all().contains(where: { $0.resource == resource }) {
            found.append("\(resource): a takeover of it came to nothing here, and the copy waits to be written anew")
        }
        if UndoJournal.resources(in: journalFolder).contains(resource) {
            found.append(
                "\(resource): an unfinished takeover of it could not be settled here: see `replicactl disk assemble`")
        }
        if rows.count > 1 {
            found.append(
                "\(resource): it has \(rows.count) volumes: give each of the guest's disks a resource of its own")
        }
        return found
    }
}
