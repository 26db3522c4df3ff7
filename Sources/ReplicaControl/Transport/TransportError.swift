public import CheckpointStream
public import SystemKit

/// Why a connection gave no frame, took no frame, or does not exist.
public enum TransportError: Error, Equatable, Sendable {
    /// The peer ended the connection, or its host reset it.
    case closed
    /// This side ended the connection with `shutdown()`.
    case stopped
    /// Nothing came in time; no byte was taken, so the connection can still be used.
    case timedOut
    /// The connection stopped in the middle of a frame: it cannot be used any more.
    case stalled
    /// No connection could be made; check that the peer runs, its address, its port and the firewalls.
    case unreachable(peer: String, reason: String)
    /// The peer sent something that is not a valid frame of this version of the protocol.
    case frame(StreamError)
    /// A frame was lost, repeated or overtaken inside a connection.
    case sequence(expected: UInt64, actual: UInt64)
    /// Bulk data came where none was expected, or more than there is room for.
    case unexpectedBulk(size: Int, room: Int)
    /// A system call failed.
    case system(SystemError)
}

extension TransportError: CustomStringConvertible {
    /// A sentence for the log.
    public var description: String {
        switch self {
        case .closed: "the peer closed the connection"
        case .stopped: "the connection was shut down here"
        case .timedOut: "nothing came from the peer in time"
        case .stalled: "the connection stopped in the middle of a frame"
        case .unreachable(let peer, let reason):
            "no connection to \(peer): \(reason); check that replicactl runs there, and the address, port and firewall"
        case .frame(let error): error.description
        case .sequence(let expected, let actual): "frame \(actual) came where frame \(expected) was due"
        case .unexpectedBulk(let size, let room): "\(size) bytes of bulk data came where \(room) were expected"
        case .system(let error): error.description
        }
    }
}
