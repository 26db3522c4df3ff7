/// A failure of the lab: what was tried, what happened, and what to do about it.
public struct LabError: Error, Equatable, CustomStringConvertible {
    /// The kinds of failure that a caller may want to tell apart.
    public enum Cause: Sendable {
        /// The command line or an argument makes no sense.
        case badUsage
        /// A program, a file or a right that the lab needs is not there.
        case missingRequirement
        /// A program ended with a status other than zero.
        case commandFailed
        /// The operating system refused a call.
        case systemCallFailed
        /// The host's QEMU is not running.
        case hostOff
        /// The host's QEMU is stopped by `freeze`.
        case hostFrozen
        /// Something did not happen in the time it was given.
        case timedOut
        /// Someone else's lab, or a guest of that name, is in the way.
        case conflict
        /// A console log shows a panic, an oops or a bug.
        case unhealthy
        /// A scenario's check did not hold.
        case checkFailed
    }

    /// The kind of failure.
    public let cause: Cause
    /// What was tried, and on what, as an infinitive: "start the QEMU of xen1".
    public let attempt: String
    /// What happened instead.
    public let outcome: String
    /// What the reader can do, as a full sentence.
    ///
    /// Empty when there is nothing to say.
    public let remedy: String

    /// Makes an error.
    ///
    /// - Parameters:
    ///   - cause: The kind of failure.
    ///   - attempt: What was tried, and on what, as an infinitive.
    ///   - outcome: What happened instead.
    ///   - remedy: What the reader can do, as a full sentence.
    public init(_ cause: Cause, attempt: String, outcome: String, remedy: String = "") {
        self.cause = cause
        self.attempt = attempt
        self.outcome = outcome
        self.remedy = remedy
    }

    /// The error as a person reads it.
    public var description: String {
        let statement = "cannot \(attempt): \(outcome)"
        return remedy.isEmpty ? statement : "\(statement)\n\(remedy)"
    }
}
