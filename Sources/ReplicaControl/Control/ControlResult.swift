/// What came of a request that succeeded.
public struct ControlResult: Codable, Equatable, Sendable {
    /// One sentence for the operator; empty when ``status`` or ``check`` says it all.
    public var message: String
    /// The reply to ``ControlRequest/Command/status``.
    public var status: ControllerStatus?
    /// The reply to ``ControlRequest/Command/check``.
    public var check: CheckReport?

    /// Makes a result.
    public init(message: String = "", status: ControllerStatus? = nil, check: CheckReport? = nil) {
        self.message = message
        self.status = status
        self.check = check
    }
}
