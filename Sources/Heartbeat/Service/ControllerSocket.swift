internal import CLinux
internal import Glibc
internal import SystemKit

/// The service's end of the local socket: one controller at a time, the newest one.
struct ControllerSocket: ~Copyable {
    /// What a controller did.
    enum Event {
        /// Nothing is queued.
        case nothing
        /// It gave its claims.
        case claims(ClaimMessage)
        /// It is gone, or sent what cannot be read.
        case lost
    }

    /// Bytes of reports that may wait for the controller (safety rule 6), about a second's.
    ///
    /// A controller that lets so many wait hangs, and is told apart as one that is gone.
    private static let waitingBytes: Int32 = 32_768

    private let path: String
    private let listener: FileDescriptor
    private var connection: FileDescriptor?

    init(path: String) throws(HeartbeatError) {
        self.path = path
        do {
            listener = FileDescriptor(owning: try checked(rc_local_listen(path), "listen"))
        } catch {
            throw .socket(path, error)
        }
        connection = nil
    }

    deinit { unlink(path) }

    /// The listener's number, to poll.
    var listenerNumber: Int32 { listener.number }

    /// The connection's number, to poll; -1 without a controller.
    var connectionNumber: Int32 {
        switch connection {
        case .some(let connection): connection.number
        case .none: -1
        }
    }

    /// Accepts a controller, in place of the one before.
    ///
    /// - Returns: Whether there is a new one; only root and the service's own user are let in.
    mutating func accept() -> Bool {
        let number = rc_accept(listener.number)
        guard number >= 0 else { return false }
        let accepted = FileDescriptor(owning: number)
        var user: UInt32 = 0
        guard rc_peer_user(number, &user) >= 0, user == 0 || user == geteuid() else { return false }
        _ = rc_set_send_buffer(number, Self.waitingBytes)
        connection = consume accepted
        return true
    }

    /// Takes the controller's next message out of the queue.
    ///
    /// - Parameter buffer: ``HeartbeatLimits/message`` bytes.
    /// - Returns: What it was; after `.lost` there is no controller.
    mutating func receive(through buffer: UnsafeMutableRawBufferPointer) -> Event {
        let number = connectionNumber
        guard number >= 0 else { return .nothing }
        let length = Int(rc_local_receive(number, buffer.baseAddress, buffer.count))
        if length == Int(-EAGAIN) { return .nothing }
        if length > 0, length <= buffer.count,
            let message = ClaimMessage(decoding: buffer.bytes.extracting(0..<length))
        {
            return .claims(message)
        }
        connection = nil
        return .lost
    }

    /// Gives the controller a report.
    ///
    /// - Parameters:
    ///   - report: The report.
    ///   - buffer: ``HeartbeatLimits/message`` bytes.
    /// - Returns: `false` when the controller is gone or hangs; then there is no controller any more.
    mutating func send(_ report: HeartbeatReport, through buffer: UnsafeMutableRawBufferPointer) -> Bool {
        let number = connectionNumber
        guard number >= 0 else { return true }
        var span = buffer.mutableBytes
        let length = report.encode(into: &span)
        if rc_local_send(number, buffer.baseAddress, length) >= 0 { return true }
        connection = nil
        return false
    }
}
