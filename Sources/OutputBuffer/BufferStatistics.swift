/// What a plug holds now, and what it let go or dropped since it was made.
public struct BufferStatistics: Equatable, Sendable {
    /// Frames that wait in the queue; one of segmentation offload counts once, whatever its length.
    public let heldFrames: UInt64
    /// Bytes that wait in the queue, headers included.
    public let heldBytes: UInt64
    /// Frames that were let go; here one of segmentation offload counts as the packets it becomes on the wire.
    public let releasedFrames: UInt64
    /// Bytes that were let go.
    public let releasedBytes: UInt64
    /// Frames that were dropped because the queue had reached its limit.
    public let droppedFrames: UInt64
}
