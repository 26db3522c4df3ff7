// Lets DRBD seek its peer again where a takeover or the loss of the peer has parted them.

internal import DiskMirror
internal import Heartbeat
internal import ReplicaModel

/// The way back to two copies of a disk, on the host that owns the guest.
enum MirrorReunion {
    /// Whether the peer surely has no part in a guest any more, so that its copies of the disks may follow this host's.
    ///
    /// A host that still runs or holds the guest has its disks open for writing: two primaries must not meet.
    ///
    /// - Parameter claim: What the peer says of the domain, as it is heard now; `nil` for no word.
    /// - Returns: Whether DRBD may connect.
    static func isSafe(with claim: DomainClaim?) -> Bool {
        switch claim?.role {
        case nil, .disarmed, .receiving: true
        case .seeding, .protecting, .holding, .unprotected, .armed, .activating, .active, .surrendered: false
        }
    }

    /// Whether the peer says that the domain runs there, so that its disks are those that count.
    ///
    /// - Parameter claim: What the peer says of the domain, as it is heard now.
    /// - Returns: Whether copies here may be written anew from there.
    static func runsThere(_ claim: DomainClaim) -> Bool {
        switch claim.role {
        case .seeding, .protecting, .unprotected, .active: true
        case .disarmed, .receiving, .holding, .armed, .activating, .surrendered: false
        }
    }

    /// Connects a disk that does not seek its peer; a resync follows by itself where it is needed.
    ///
    /// - Parameters:
    ///   - resource: The disk's resource; one with a journal is no whole copy, and stays apart.
    ///   - journalFolder: Where takeovers keep their journals.
    /// - Throws: ``SessionFailure``; may be repeated.
    static func connect(_ resource: String, journalFolder: String) throws(SessionFailure) {
        guard !UndoJournal.resources(in: journalFolder).contains(resource) else { return }
        let rows: [MirrorStatus]
        do throws(MirrorError) {
            rows = try MirrorControl().volumes(of: resource, before: GuestDisk.deadline)
        } catch { throw SessionFailure(error) }
        // The kernel has forgotten the connection's settings; they come from DRBD's files.
        if rows.contains(where: { $0.connection == nil }) { try MirrorTool.run("adjust", resource) }
    }
}
