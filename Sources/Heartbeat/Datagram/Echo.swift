public import ReplicaModel

/// Proof to the receiver of a datagram that one of its own datagrams arrived.
///
/// It names the receiver's session, because a send time of before a reboot means nothing on the clock of after it.
public struct Echo: Equatable, Sendable {
    /// The session in which the confirmed datagram was sent.
    public var session: UInt64
    /// When it was sent, on the clock of the host that sent it.
    public var sendTime: MonotonicTime
    /// Microseconds between its receipt and this echo, on the clock of the host that echoes.
    public var heldMicroseconds: UInt32

    /// Makes an echo.
    public init(session: UInt64, sendTime: MonotonicTime, heldMicroseconds: UInt32) {
        self.session = session
        self.sendTime = sendTime
        self.heldMicroseconds = heldMicroseconds
    }
}
