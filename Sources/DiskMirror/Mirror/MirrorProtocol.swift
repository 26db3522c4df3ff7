/// When a write counts as done.
public enum MirrorProtocol: UInt32, Equatable, Sendable, CustomStringConvertible {
    /// When it is on the local disk and in the send buffer.
    case a = 1
    /// When it is on the local disk and in the peer's memory.
    case b = 2
    /// When it is on both disks.
    case c = 3

    /// DRBD's word.
    public var description: String {
        switch self {
        case .a: "A"
        case .b: "B"
        case .c: "C"
        }
    }
}
