public import ReplicaModel

/// A request that failed: what happened, for people and for programs, and what to do.
public struct CommandError: Error, Codable, Equatable, Sendable {
    /// The cause, as one word.
    public let reason: ReasonCode
    /// What was tried, on what, and what happened: one sentence with the values in it.
    public let message: String
    /// What to do now; empty when there is nothing to do.
    public let hint: String

    /// Makes an error.
    ///
    /// - Parameters:
    ///   - reason: The cause; it decides the exit status.
    ///   - message: What was tried, on what, and what happened.
    ///   - hint: What to do now.
    public init(_ reason: ReasonCode, _ message: String, hint: String = "") {
        self.reason = reason
        self.message = message
        self.hint = hint
    }

    /// What the process ends with.
    public var exitStatus: ExitStatus { reason.exitStatus }
}
