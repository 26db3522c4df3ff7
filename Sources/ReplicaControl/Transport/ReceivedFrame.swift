public import CheckpointStream

/// A frame as it was received.
public struct ReceivedFrame: Equatable, Sendable {
    /// What a frame brings.
    public enum Content: Equatable, Sendable {
        /// A message with its fields.
        case message(Message)
        /// Bulk data; it lies in the buffer that the caller gave for this type, `header.payloadLength` bytes from its start.
        case bulk(BulkType)
    }

    /// The header: generation, epoch and length.
    public let header: FrameHeader
    /// The message, or what the bulk data is a piece of.
    public let content: Content
}

/// What went through a connection, headers included.
public struct ConnectionCounters: Equatable, Sendable {
    /// Frames that were sent as a whole.
    public let framesSent: UInt64
    /// Their bytes.
    public let bytesSent: UInt64
    /// Frames that were received and found right.
    public let framesReceived: UInt64
    /// Their bytes.
    public let bytesReceived: UInt64
}
