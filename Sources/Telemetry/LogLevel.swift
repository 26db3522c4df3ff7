/// How much a message matters, with the number that syslog and the journal give it.
public enum LogLevel: UInt8, Comparable, Sendable, CaseIterable {
    /// An action that was asked for has failed.
    case error = 3
    /// Protection is reduced, or soon may be.
    case warning = 4
    /// A state changed that an operator wants to know of.
    case notice = 5
    /// A rare event that explains a later one.
    case info = 6
    /// Once an epoch or more often; off unless asked for.
    case debug = 7

    /// Orders levels from the most to the least serious.
    public static func < (left: LogLevel, right: LogLevel) -> Bool { left.rawValue < right.rawValue }
}
