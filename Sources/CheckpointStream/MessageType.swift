/// The messages of the protocol, by the number in a frame's header; 0 is never used.
public enum MessageType: UInt16, Sendable, CaseIterable {
    /// Primary to backup: opens a connection.
    case hello = 1
    /// Either way: no, and why. Number and layout stay the same in every version of the protocol.
    case refuse = 2
    /// Backup to primary: answers `hello`.
    case welcome = 3
    /// Primary to backup: make a replica of this domain.
    case protect = 4
    /// Backup to primary: the replica's shell is made, or could be made.
    case ready = 5
    /// Primary to backup, bulk: a piece of the initial image.
    case image = 6
    /// Primary to backup: a checkpoint follows.
    case checkpointBegin = 7
    /// Primary to backup, bulk: a piece of a checkpoint.
    case checkpointData = 8
    /// Primary to backup: the checkpoint is complete.
    case checkpointEnd = 9
    /// Backup to primary: the checkpoint is committed.
    case acknowledge = 10
    /// Primary to backup: activate the replica now.
    case handover = 11
    /// Backup to primary: the replica runs.
    case activated = 12
    /// Primary to backup: protection ends, discard the replica.
    case stop = 13
    /// Backup to primary: the replica can no longer take over.
    case lost = 14
    /// Primary to backup: the addresses to announce after a failover.
    case addresses = 15
    /// Primary to backup: begin an undo log of the domain's disks.
    case diskBarrier = 16
    /// Backup to primary: the undo log has begun.
    case diskBarrierPlaced = 17
    /// Backup to primary: an undo log fills up.
    case undoFilling = 18
    /// Primary to backup, bulk: encoded pages of one PAGE_DATA record.
    case pages = 19
}

/// The types whose payload is handed on as it is, never decoded or copied here.
public enum BulkType: Sendable {
    /// A piece of the initial image: headers, static data and pages.
    case image
    /// A piece of a checkpoint's records.
    case checkpointData
    /// Some pages of one PAGE_DATA record of the image or of a checkpoint: ``PagesHeader``, then a batch.
    case pages

    /// The type in the frame's header.
    public var messageType: MessageType {
        switch self {
        case .image: .image
        case .checkpointData: .checkpointData
        case .pages: .pages
        }
    }

    /// The bulk type of a message type, or `nil` for a message with fields.
    public init?(_ type: MessageType) {
        switch type {
        case .image: self = .image
        case .checkpointData: self = .checkpointData
        case .pages: self = .pages
        default: return nil
        }
    }
}
