internal import SystemKit

/// What a host does with its DRBD resource once it is decided who goes on; each in the one order that is right.
extension MirrorControl {
    /// Goes on alone, after the peer was lost or is to be left behind: held writes are done here, and the data get a new
    /// identifier first, so that the peer is resynced from here when it comes back.
    ///
    /// Only the owner of the guest may do this (safety rule 2).
    ///
    /// - Parameters:
    ///   - resource: The resource.
    ///   - deadline: Nanoseconds of the monotonic clock.
    /// - Throws: ``MirrorError``; it may be done again.
    public func goOnAlone(_ resource: String, before deadline: UInt64) throws(MirrorError) {
        // First, so that no connection comes back between the new identifier of one volume and that of the next.
        try disconnect(resource, before: deadline)
        for volume in try volumes(of: resource, before: deadline) {
            try resumeRequests(minor: volume.minor, before: deadline)
        }
    }

    /// Gives the disks up, after the peer took the guest over: held writes fail, nothing is written here any more, and the
    /// data keep their identifier, so that they are resynced from the peer.
    ///
    /// Afterwards the guest is to be destroyed and the resource taken down with ``takeDown(_:before:)`` and brought up again:
    /// DRBD refuses to attach a primary that was resumed without its data.
    ///
    /// - Parameters:
    ///   - resource: The resource.
    ///   - deadline: Nanoseconds of the monotonic clock.
    /// - Throws: ``MirrorError``; it may be done again.
    public func giveUp(_ resource: String, before deadline: UInt64) throws(MirrorError) {
        // Before the disconnect: it keeps the kernel from going on alone, with a new identifier, when the peer is gone.
        for volume in try volumes(of: resource, before: deadline) where volume.disk != nil {
            try setFencing(.resourceAndStonith, minor: volume.minor, before: deadline)
        }
        // Before the detach: a primary without a disk would send its writes to the peer.
        try disconnect(resource, before: deadline)
        try awaitLocalRequests(of: resource, before: deadline)
        let rows = try volumes(of: resource, before: deadline)
        // All disks before the first resume: the hold is of the whole resource, and the volume that still had a disk
        // would complete its writes and get a new identifier.
        for volume in rows where volume.diskState > .failed { try detach(minor: volume.minor, before: deadline) }
        try awaitNoDisk(of: resource, before: deadline)
        for volume in rows { try resumeRequests(minor: volume.minor, before: deadline) }
    }

    /// Becomes the primary for all volumes of a resource, apart from the peer and without any handler being called.
    ///
    /// Only the owner of the guest may do this (safety rule 2). A rollback has to be prepared before, between
    /// ``disconnect(_:before:)`` and this.
    ///
    /// - Parameters:
    ///   - resource: The resource.
    ///   - deadline: Nanoseconds of the monotonic clock.
    /// - Throws: ``MirrorError``; it may be done again.
    public func takeOver(_ resource: String, before deadline: UInt64) throws(MirrorError) {
        // A promotion with the peer connected would be no new state of the data, and the peer's writes would go on.
        try disconnect(resource, before: deadline)
        let rows = try volumes(of: resource, before: deadline)
        for volume in rows { try setFencing(.dontCare, minor: volume.minor, before: deadline) }
        for volume in rows { try becomePrimary(minor: volume.minor, before: deadline) }
    }

    /// Waits until no volume has a disk any more.
    ///
    /// A detach returns while the disk is still there as Failed, until DRBD's own thread has called a handler and cleaned up.
    /// A resume in that time would give the data a new identifier, on that disk: a split brain, seen on Linux 6.1.
    private func awaitNoDisk(of resource: String, before deadline: UInt64) throws(MirrorError) {
        let state = try awaitState(of: resource, before: deadline) { state in
            state.volumes.values.allSatisfy { $0.disk == .diskless }
        }
        guard state else { throw .notAnswered(action: "detach its disks", on: resource) }
    }

    /// Waits until the disks here have nothing under way any more, or for a while.
    ///
    /// A detach completes requests that the disk still works on, and the disk would later read into memory that is another's
    /// by then. New ones do not come: they are held. A disk that hangs is not waited for.
    private func awaitLocalRequests(of resource: String, before deadline: UInt64) throws(MirrorError) {
        let end = min(deadline, Clock.monotonic + Self.localRequestPatience)
        _ = try awaitState(of: resource, before: end) { state in
            state.volumes.values.allSatisfy { $0.localRequests == 0 }
        }
    }

    /// Looks at a resource until it is as wanted.
    ///
    /// By looking again, not by events: there is none for a request that ends, and what is waited for takes milliseconds.
    ///
    /// - Returns: `false` when it was not so when the time was over.
    private func awaitState(
        of resource: String, before deadline: UInt64, _ isWanted: (MirrorState) -> Bool
    ) throws(MirrorError) -> Bool {
        while Clock.monotonic < deadline {
            let table = try run("tell its state", on: resource, before: deadline) { () throws(MirrorError) in
                try MirrorTable.current()
            }
            guard let state = table.resources[resource] else { throw .noResource(resource) }
            if isWanted(state) { return true }
            Clock.sleep(milliseconds: 5)
        }
        return false
    }

    private static let localRequestPatience: UInt64 = 1_000_000_000
}
