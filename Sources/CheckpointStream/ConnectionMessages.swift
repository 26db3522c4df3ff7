/// Who speaks, at both ends of a new connection.
public struct Greeting: Equatable, Sendable {
    /// The most bytes of ``softwareVersion``.
    public static let versionLimit = 64
    /// The most bytes of ``hostName``.
    public static let hostNameLimit = 255

    /// The release of replicactl, for people.
    public var softwareVersion: String
    /// The sender's host name, for people.
    public var hostName: String
    /// The connection's number, chosen by the primary and repeated by the backup.
    public var session: UInt64

    /// Makes a greeting.
    public init(softwareVersion: String, hostName: String, session: UInt64) {
        self.softwareVersion = softwareVersion
        self.hostName = hostName
        self.session = session
    }

    init(from payload: inout PayloadReader) throws(StreamError) {
        softwareVersion = try payload.text(.softwareVersion, limit: Self.versionLimit)
        hostName = try payload.text(.hostName, limit: Self.hostNameLimit)
        session = try payload.integer()
    }

    func write(to payload: inout PayloadWriter) throws(StreamError) {
        try payload.text(softwareVersion, .softwareVersion, limit: Self.versionLimit)
        try payload.text(hostName, .hostName, limit: Self.hostNameLimit)
        payload.integer(session)
    }
}

/// No, and why: the last message of its sender.
///
/// Its type number, the frame header and this layout are frozen, so that every version can read it.
public struct Refusal: Equatable, Sendable {
    /// The most bytes of ``message`` and of ``hint``.
    public static let textLimit = 1024

    /// The reason for programs: a word of `docs/reasons.md`, perhaps one that this release does not know.
    public var reason: String
    /// The reason for people.
    public var message: String
    /// What an operator can do about it.
    public var hint: String

    /// Makes a refusal.
    public init(reason: String, message: String, hint: String) {
        self.reason = reason
        self.message = message
        self.hint = hint
    }

    init(from payload: inout PayloadReader) throws(StreamError) {
        reason = try payload.word(.reason)
        message = try payload.text(.text, limit: Self.textLimit)
        hint = try payload.text(.hint, limit: Self.textLimit)
    }

    func write(to payload: inout PayloadWriter) throws(StreamError) {
        try payload.word(reason, .reason)
        try payload.text(message, .text, limit: Self.textLimit)
        try payload.text(hint, .hint, limit: Self.textLimit)
    }
}
