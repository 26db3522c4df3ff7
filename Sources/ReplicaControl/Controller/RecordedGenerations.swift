// The newest generation under which this host may have owned each domain, without a look at the disk.

internal import ReplicaModel
internal import Synchronization

/// Keeps what is on disk in memory, because it is asked for at each heartbeat on a thread that must not wait for a disk.
final class RecordedGenerations: Sendable {
    /// Domains that are kept; beyond that all are read again (safety rule 6).
    static let limit = 1_024

    private let known = Mutex<[DomainIdentity: Generation]>([:])

    /// The generation by the record, as ``ReplicaProtocol/HostDecisions/owned(_:_:)`` has it.
    ///
    /// - Parameters:
    ///   - domain: The domain.
    ///   - read: Reads it from the disk, the first time; `nil` when it cannot be read, and then the next time again.
    /// - Returns: ``ReplicaModel/Generation/none`` without a record; `nil` when it cannot be read.
    func generation(of domain: DomainIdentity, _ read: () -> Generation?) -> Generation? {
        // Under the lock, so that what is written meanwhile is not covered by what was read before.
        known.withLock { known in
            if let generation = known[domain] { return generation }
            guard let generation = read() else { return nil }
            if known.count >= Self.limit { known.removeAll() }
            known[domain] = generation
            return generation
        }
    }

    /// The record was written or deleted: the next question reads it.
    func forget(_ domain: DomainIdentity) { known.withLock { $0[domain] = nil } }
}
