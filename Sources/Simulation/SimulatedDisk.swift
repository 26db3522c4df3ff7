internal import ReplicaModel
internal import ReplicaProtocol

/// Where a host keeps its ownership record: a write takes time, and one that is broken off leaves the old record.
struct SimulatedDisk {
    /// A record as the simulation needs it.
    struct Record: Equatable {
        var role: OwnershipRecord.Role
        var generation: Generation
        var reason: ReasonCode
        /// Which boot of the host it was written in.
        var boot: Int
        var isProtectionWanted: Bool
    }

    /// A write under way.
    struct Write {
        var number: Int
        var session: Int
        var record: Record
    }

    private(set) var record: Record?
    var isFull = false
    var isSlow = false
    private(set) var write: Write?

    mutating func begin(_ write: Write) { self.write = write }

    /// The write reaches its end.
    ///
    /// - Returns: The session that waits, and whether the record is on disk; `nil` for a write that was broken off.
    mutating func finish(_ number: Int) -> (session: Int, isOnDisk: Bool)? {
        guard let write, write.number == number else { return nil }
        self.write = nil
        guard !isFull else { return (write.session, false) }
        put(write.record)
        return (write.session, true)
    }

    /// The writer dies; the new name was there already, or is not.
    ///
    /// - Returns: Whether the record is the new one.
    mutating func breakOff(afterRename: Bool) -> Bool {
        defer { write = nil }
        guard afterRename, !isFull, let write else { return false }
        put(write.record)
        return true
    }

    private mutating func put(_ new: Record) {
        // The late word of an older session says nothing about a newer generation.
        if let record, record.generation > new.generation { return }
        record = new
    }
}
