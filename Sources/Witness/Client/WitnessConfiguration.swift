internal import Glibc
public import ReplicaModel

/// How to reach the witness, checked.
public struct WitnessConfiguration: Equatable, Sendable {
    /// Files of this host's and the witness's identity, for `https` endpoints.
    public struct Identity: Equatable, Sendable {
        /// Certificates of the authorities that may vouch for the witness, PEM; no others are trusted.
        public var authorityFile: String
        /// This host's certificate, PEM, and behind it those of intermediate authorities; `nil` shows none.
        public var certificateFile: String?
        /// The certificate's key, PEM, without a pass phrase.
        public var keyFile: String?

        /// Names the files.
        public init(authorityFile: String, certificateFile: String?, keyFile: String?) {
            self.authorityFile = authorityFile
            self.certificateFile = certificateFile
            self.keyFile = keyFile
        }
    }

    /// The endpoints at most.
    public static let mostEndpoints = 9
    /// The shortest and the longest time for a question.
    public static let timeoutRange: ClosedRange<Milliseconds> = 100...60_000
    /// The shortest and the longest presence lease, in seconds.
    public static let presenceRange: ClosedRange<Int> = 2...3600

    /// The pair's name: domains of several pairs may share a witness.
    public let cluster: String
    /// This host's name.
    public let host: String
    /// The members of one etcd cluster, at least one.
    public let endpoints: [WitnessEndpoint]
    /// For `https` endpoints.
    public let identity: Identity?
    /// How long a question may take in all, over all endpoints.
    public let timeout: Milliseconds
    /// How long this host counts as present after its last word, in seconds.
    public let presenceSeconds: Int

    /// Checks and keeps the settings.
    ///
    /// - Parameters:
    ///   - cluster: 1 to 64 letters, digits, dots, dashes and underscores; the same on both hosts.
    ///   - host: Of the same form; different on both hosts.
    ///   - endpoints: One to nine URLs, all members of the same etcd cluster.
    ///   - identity: Needed when an endpoint is `https`; its files must be readable.
    ///   - timeout: 100 ms to 60 s.
    ///   - presenceSeconds: 2 to 3600; etcd may round it up to 1.5 times its election timeout.
    /// - Throws: ``WitnessError/badConfiguration(_:)``.
    public init(
        cluster: String, host: String, endpoints: [String], identity: Identity?, timeout: Milliseconds,
        presenceSeconds: Int
    ) throws(WitnessError) {
        for name in [cluster, host] where !WitnessRecord.isName(name) {
            throw .badConfiguration("the name \"\(name)\" is not 1 to 64 letters, digits, dots, dashes or underscores")
        }
        guard (1...Self.mostEndpoints).contains(endpoints.count) else {
            throw .badConfiguration("\(endpoints.count) endpoints are configured; 1 to \(Self.mostEndpoints) can be")
        }
        guard Self.timeoutRange.contains(timeout) else {
            throw .badConfiguration("a time of \(timeout.rawValue) ms for a question is not in 100 ms to 60000 ms")
        }
        guard Self.presenceRange.contains(presenceSeconds) else {
            throw .badConfiguration("a presence lease of \(presenceSeconds) s is not in 2 s to 3600 s")
        }
        var parsed: [WitnessEndpoint] = []
        for text in endpoints { parsed.append(try WitnessEndpoint(text)) }
        if parsed.contains(where: \.isSecure) { try Self.check(identity) }
        self.cluster = cluster
        self.host = host
        self.endpoints = parsed
        self.identity = identity
        self.timeout = timeout
        self.presenceSeconds = presenceSeconds
    }

    private static func check(_ identity: Identity?) throws(WitnessError) {
        guard let identity else {
            throw .badConfiguration("an https endpoint needs the certificate of its authority; name the file")
        }
        guard (identity.certificateFile == nil) == (identity.keyFile == nil) else {
            throw .badConfiguration("a client certificate and its key belong together; name both files or none")
        }
        for file in [identity.authorityFile, identity.certificateFile, identity.keyFile].compactMap({ $0 })
        where access(file, R_OK) != 0 {
            throw .badConfiguration("the file \(file) cannot be read: \(String(cString: strerror(errno)))")
        }
    }
}
