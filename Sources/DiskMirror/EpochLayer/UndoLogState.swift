public import ReplicaModel

/// How far the undo log of one epoch is filled.
public struct UndoLogState: Equatable, Sendable {
    /// The epoch to whose end it takes the disk back.
    public let epoch: Epoch
    /// What the kernel says of the log.
    public let fill: Fill

    /// What the kernel says of a log.
    public enum Fill: Equatable, Sendable {
        /// It is whole: so many bytes of its bound are used, with its header and entries.
        case valid(usedBytes: UInt64, boundBytes: UInt64)
        /// It was full, or an I/O error hit it; the disk cannot be taken back to this epoch.
        case invalid
    }

    /// The part of the bound that is used, from 0 to 1; 1 for an invalid log.
    public var usedPart: Double {
        switch fill {
        case .valid(let used, let bound): Double(used) / Double(bound)
        case .invalid: 1
        }
    }
}

extension UndoLogState.Fill {
    /// Reads the status of a snapshot: `used/all metadata` in sectors; anything else is of no use.
    init(status: String) {
        let parts = status.split(separator: " ").first?.split(separator: "/") ?? []
        guard parts.count == 2, let used = UInt64(parts[0]), let bound = UInt64(parts[1]), bound > 0, used <= bound,
            bound <= UndoLogLayout.storeBytesRange.upperBound
        else {
            self = .invalid
            return
        }
        self = .valid(
            usedBytes: used * UndoLogLayout.sectorBytes, boundBytes: bound * UndoLogLayout.sectorBytes)
    }
}
