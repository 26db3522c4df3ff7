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

/// Why a peer was refused; a number that this release does not know is kept as it is.
public struct RefusalCode: RawRepresentable, Hashable, Sendable {
    /// The number on the wire, never 0.
    public let rawValue: UInt16

    /// Makes a code of its number.
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// The two hosts speak different versions of the protocol.
    public static let version = RefusalCode(rawValue: 1)
    /// A message that is malformed, or not expected now.
    public static let protocolViolation = RefusalCode(rawValue: 2)
    /// The configuration does not allow this peer.
    public static let notAllowed = RefusalCode(rawValue: 3)
    /// The sender's generation is older than the one that is recorded (safety rule 2).
    public static let staleGeneration = RefusalCode(rawValue: 4)
    /// The domain already runs, or is already protected, on this host.
    public static let domainExists = RefusalCode(rawValue: 5)
    /// The processors or the hypervisors do not fit together.
    public static let incompatibleHost = RefusalCode(rawValue: 6)
    /// Too little memory for the replica and its staging.
    public static let memory = RefusalCode(rawValue: 7)
    /// A bridge that the domain needs is not there.
    public static let missingBridge = RefusalCode(rawValue: 8)
    /// A disk that the domain needs is not there or not ready.
    public static let missingDisk = RefusalCode(rawValue: 9)
    /// A limit of this host is lower than what was asked for.
    public static let limit = RefusalCode(rawValue: 10)
    /// The domain's configuration cannot be taken.
    public static let configuration = RefusalCode(rawValue: 11)
    /// This host failed; its log says why.
    public static let internalFailure = RefusalCode(rawValue: 12)
}

/// No, and why: the last message of its sender.
///
/// Its type number, the frame header and this layout are frozen, so that every version can read it.
public struct Refusal: Equatable, Sendable {
    /// The most bytes of ``message`` and of ``hint``.
    public static let textLimit = 1024

    /// The reason for programs.
    public var code: RefusalCode
    /// The reason for people.
    public var message: String
    /// What an operator can do about it.
    public var hint: String

    /// Makes a refusal.
    public init(code: RefusalCode, message: String, hint: String) {
        self.code = code
        self.message = message
        self.hint = hint
    }

    init(from payload: inout PayloadReader) throws(StreamError) {
        code = RefusalCode(rawValue: try payload.integer())
        guard code.rawValue != 0 else { throw .malformed(payload.type, .value(.code)) }
        message = try payload.text(.text, limit: Self.textLimit)
        hint = try payload.text(.hint, limit: Self.textLimit)
    }

    func write(to payload: inout PayloadWriter) throws(StreamError) {
        payload.integer(code.rawValue)
        try payload.text(message, .text, limit: Self.textLimit)
        try payload.text(hint, .hint, limit: Self.textLimit)
    }
}
