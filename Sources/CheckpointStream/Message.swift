/// A message with fields; the bulk types, whose payload is not decoded, are ``BulkType``.
public enum Message: Equatable, Sendable {
    /// Opens a connection; primary to backup.
    case hello(Greeting)
    /// Answers `hello`; backup to primary.
    case welcome(Greeting)
    /// No, and why; either way, and then the connection ends.
    case refuse(Refusal)
    /// Make a replica of this domain; primary to backup.
    case protect(Protect)
    /// The replica's shell is made, or could be made; backup to primary.
    case ready
    /// A checkpoint follows; primary to backup.
    case checkpointBegin(CheckpointBegin)
    /// The checkpoint is complete; primary to backup.
    case checkpointEnd(CheckpointEnd)
    /// The checkpoint of the header's epoch is committed; backup to primary.
    case acknowledge(Acknowledge)
    /// Activate the replica at the last committed epoch, now; primary to backup.
    case handover
    /// The replica runs; backup to primary.
    case activated
    /// Protection ends, discard the replica; primary to backup.
    case stop(Ending)
    /// The replica can no longer take over; backup to primary.
    case lost(Ending)
    /// The addresses to announce after a failover; primary to backup.
    case addresses([GuestInterface])
    /// The guest stands still before the header's epoch ends: begin an undo log of its disks; primary to backup.
    case diskBarrier
    /// The undo log of the header's epoch has begun; backup to primary.
    case diskBarrierPlaced
    /// An undo log fills up: the next checkpoint should come soon; backup to primary.
    case undoFilling

    /// The type in the frame's header.
    public var type: MessageType {
        switch self {
        case .hello: .hello
        case .welcome: .welcome
        case .refuse: .refuse
        case .protect: .protect
        case .ready: .ready
        case .checkpointBegin: .checkpointBegin
        case .checkpointEnd: .checkpointEnd
        case .acknowledge: .acknowledge
        case .handover: .handover
        case .activated: .activated
        case .stop: .stop
        case .lost: .lost
        case .addresses: .addresses
        case .diskBarrier: .diskBarrier
        case .diskBarrierPlaced: .diskBarrierPlaced
        case .undoFilling: .undoFilling
        }
    }

    /// The payload's bytes.
    ///
    /// - Returns: At most ``FrameHeader/maximumMessage`` bytes.
    /// - Throws: ``StreamError`` when a field is over its limit or a text holds a zero byte.
    public func encode() throws(StreamError) -> [UInt8] {
        var payload = PayloadWriter(type)
        switch self {
        case .hello(let content), .welcome(let content): try content.write(to: &payload)
        case .refuse(let content): try content.write(to: &payload)
        case .protect(let content): try content.write(to: &payload)
        case .checkpointBegin(let content): content.write(to: &payload)
        case .checkpointEnd(let content): content.write(to: &payload)
        case .acknowledge(let content): content.write(to: &payload)
        case .stop(let content), .lost(let content): try content.write(to: &payload)
        case .addresses(let interfaces): try GuestInterface.write(interfaces, to: &payload)
        case .ready, .handover, .activated, .diskBarrier, .diskBarrierPlaced, .undoFilling: break
        }
        return payload.bytes
    }

    /// Reads a payload; never traps, whatever the bytes are.
    ///
    /// - Parameters:
    ///   - type: The type of the frame's header, not a bulk one.
    ///   - bytes: The whole payload.
    /// - Returns: The message.
    /// - Throws: ``StreamError/malformed(_:_:)``, ``StreamError/tooLarge(_:field:actual:limit:)``.
    public static func decode(_ type: MessageType, _ bytes: UnsafeRawBufferPointer) throws(StreamError) -> Message {
        var payload = PayloadReader(type, bytes)
        let message: Message
        switch type {
        case .hello: message = .hello(try Greeting(from: &payload))
        case .welcome: message = .welcome(try Greeting(from: &payload))
        case .refuse: message = .refuse(try Refusal(from: &payload))
        case .protect: message = .protect(try Protect(from: &payload))
        case .ready: message = .ready
        case .checkpointBegin: message = .checkpointBegin(try CheckpointBegin(from: &payload))
        case .checkpointEnd: message = .checkpointEnd(try CheckpointEnd(from: &payload))
        case .acknowledge: message = .acknowledge(try Acknowledge(from: &payload))
        case .handover: message = .handover
        case .activated: message = .activated
        case .stop: message = .stop(try Ending(from: &payload))
        case .lost: message = .lost(try Ending(from: &payload))
        case .addresses: message = .addresses(try GuestInterface.readAll(from: &payload))
        case .diskBarrier: message = .diskBarrier
        case .diskBarrierPlaced: message = .diskBarrierPlaced
        case .undoFilling: message = .undoFilling
        case .image, .checkpointData, .pages: throw .malformed(type, .wrongKind)
        }
        try payload.finish()
        return message
    }
}
