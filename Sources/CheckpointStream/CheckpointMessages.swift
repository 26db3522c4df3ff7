/// A checkpoint follows; its epoch is in the frame's header.
public struct CheckpointBegin: Equatable, Sendable {
    /// Bytes of all the pieces that follow.
    public var totalBytes: UInt64
    /// Pages with contents in them.
    public var pageCount: UInt64
    /// The first checkpoint: it completes the image.
    public var isInitial: Bool
    /// The last checkpoint: a `handover` or a `stop` follows it, never another checkpoint.
    public var isFinal: Bool

    /// Announces a checkpoint.
    public init(totalBytes: UInt64, pageCount: UInt64, isInitial: Bool, isFinal: Bool) {
        self.totalBytes = totalBytes
        self.pageCount = pageCount
        self.isInitial = isInitial
        self.isFinal = isFinal
    }

    init(from payload: inout PayloadReader) throws(StreamError) {
        totalBytes = try payload.integer()
        pageCount = try payload.integer()
        let flags = try payload.integer(UInt16.self)
        guard flags & ~3 == 0 else { throw .malformed(payload.type, .value(.flags)) }
        isInitial = flags & 1 != 0
        isFinal = flags & 2 != 0
    }

    func write(to payload: inout PayloadWriter) {
        payload.integer(totalBytes)
        payload.integer(pageCount)
        payload.integer(UInt16((isInitial ? 1 : 0) | (isFinal ? 2 : 0)))
    }
}

/// The checkpoint is complete.
public struct CheckpointEnd: Equatable, Sendable {
    /// ``PieceChecksum`` of the checkpoint's pieces in their order.
    public var checksum: UInt32
    /// The primary's clock when it sent this, in nanoseconds: only the primary knows what it means.
    public var sentAt: UInt64

    /// Ends a checkpoint.
    public init(checksum: UInt32, sentAt: UInt64) {
        self.checksum = checksum
        self.sentAt = sentAt
    }

    init(from payload: inout PayloadReader) throws(StreamError) {
        checksum = try payload.integer()
        sentAt = try payload.integer()
    }

    func write(to payload: inout PayloadWriter) {
        payload.integer(checksum)
        payload.integer(sentAt)
    }
}

/// The backup holds the whole verified checkpoint of the header's epoch: its output may leave (safety rule 1).
public struct Acknowledge: Equatable, Sendable {
    /// ``CheckpointEnd/sentAt`` of that checkpoint, unchanged.
    public var sentAt: UInt64
    /// Bytes that the backup holds and has not yet handed to the restore helper.
    public var stagedBytes: UInt64

    /// Acknowledges a checkpoint.
    public init(sentAt: UInt64, stagedBytes: UInt64) {
        self.sentAt = sentAt
        self.stagedBytes = stagedBytes
    }

    init(from payload: inout PayloadReader) throws(StreamError) {
        sentAt = try payload.integer()
        stagedBytes = try payload.integer()
    }

    func write(to payload: inout PayloadWriter) {
        payload.integer(sentAt)
        payload.integer(stagedBytes)
    }
}
