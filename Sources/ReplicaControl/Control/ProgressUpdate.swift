/// How far a request has come; sent as often as there is something new to see, a few times a second at most.
public struct ProgressUpdate: Codable, Equatable, Sendable {
    /// The steps of protecting a domain, in their order.
    public enum Stage: String, Codable, Sendable {
        /// Looking for obstacles on both hosts.
        case checking
        /// Opening the connection and agreeing with the peer.
        case connecting
        /// Copying memory while the guest runs and its output flows.
        case copying
        /// The last round: the guest is suspended once, the first checkpoint is sent, and the peer builds the replica.
        case committing
        /// Taking everything away again.
        case removing
        /// The domain is changing its host.
        case moving
    }

    /// The step at work.
    public var stage: Stage
    /// The round of the copy, from 1; 0 outside ``Stage/copying``.
    public var round: Int
    /// Pages sent in this round so far.
    public var pagesSent: UInt64
    /// Pages that this round has to send.
    public var pagesTotal: UInt64
    /// Bytes sent since the copy began, in all rounds.
    public var bytes: UInt64
    /// Bytes a second since the copy began.
    public var bytesPerSecond: UInt64

    /// Makes an update.
    public init(
        stage: Stage, round: Int = 0, pagesSent: UInt64 = 0, pagesTotal: UInt64 = 0, bytes: UInt64 = 0,
        bytesPerSecond: UInt64 = 0
    ) {
        self.stage = stage
        self.round = round
        self.pagesSent = pagesSent
        self.pagesTotal = pagesTotal
        self.bytes = bytes
        self.bytesPerSecond = bytesPerSecond
    }
}
