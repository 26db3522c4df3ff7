internal import ReplicaModel

/// A datagram that arrived, as far as its echo needs it.
struct Sighting: Equatable, Sendable {
    private let session: UInt64
    private let sendTime: MonotonicTime
    private let arrivedAt: MonotonicTime

    init(_ datagram: HeartbeatDatagram, at now: MonotonicTime) {
        session = datagram.session
        sendTime = datagram.sendTime
        arrivedAt = now
    }

    /// Its echo at a later time.
    func echo(at now: MonotonicTime) -> Echo {
        let held = now.nanoseconds(since: arrivedAt) / 1000
        return Echo(session: session, sendTime: sendTime, heldMicroseconds: UInt32(clamping: held))
    }
}
