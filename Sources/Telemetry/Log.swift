/// One named value that goes with a message, for example `("REPLICACTL_DOMAIN", "web")`.
///
/// Names are upper-case ASCII letters, digits and underscores, do not start with a digit or an underscore, and carry
/// the prefix `REPLICACTL_`; a field with another name is passed over by the journal.
public typealias LogField = (name: String, value: String)

/// Writes messages for the operator: to the journal under systemd, to the standard error output otherwise.
///
/// A message is constant and its values go into fields, so that a search finds every instance of it. Every function may
/// be called from any thread, never throws, and never fails its caller.
public enum Log {
    /// An action that was asked for has failed.
    public static func error(_ message: StaticString, _ fields: LogField...) { write(.error, message, fields) }

    /// Protection is reduced, or soon may be.
    public static func warning(_ message: StaticString, _ fields: LogField...) { write(.warning, message, fields) }

    /// A state changed that an operator wants to know of.
    public static func notice(_ message: StaticString, _ fields: LogField...) { write(.notice, message, fields) }

    /// A rare event that explains a later one.
    public static func info(_ message: StaticString, _ fields: LogField...) { write(.info, message, fields) }

    /// Something that happens once an epoch or more often.
    public static func debug(_ message: StaticString, _ fields: LogField...) { write(.debug, message, fields) }

    /// Writes one message.
    ///
    /// - Parameters:
    ///   - level: How much it matters; less than ``LogLevel/info`` is passed over unless ``setMinimumLevel(_:)`` says so.
    ///   - message: A constant sentence, without a full stop.
    ///   - fields: The values that belong to it.
    public static func write(_ level: LogLevel, _ message: StaticString, _ fields: [LogField]) {
        LogWriter.shared.write(LogRecord(level: level, message: message.description, fields: fields))
    }

    /// Chooses what is passed over.
    ///
    /// - Parameter level: The least serious level that is still written; ``LogLevel/info`` at the start.
    public static func setMinimumLevel(_ level: LogLevel) { LogWriter.shared.setMinimumLevel(level) }

    /// Hands writing over to a thread of its own, so that a slow journal never delays a caller.
    ///
    /// A real-time thread logs only after this. The queue holds 1,024 messages; what does not fit is counted and the
    /// count is reported. When no thread can be started, callers go on writing themselves.
    public static func startBackgroundWriter() { LogWriter.shared.startBackgroundWriter() }

    /// Waits until every message written so far has left the process; for the end of a process.
    public static func flush() { LogWriter.shared.flush() }
}
