/// Does what clients of the control socket ask for.
public protocol ControlHandler: Sendable {
    /// Handles one request; called on a thread of the connection's own, so it may block.
    ///
    /// - Parameters:
    ///   - request: What is asked for.
    ///   - progress: Sends a progress line to the client; what cannot be sent is passed over.
    ///   - isCancelled: True once the client has gone, for example after Ctrl-C; a handler that takes long asks often.
    /// - Returns: The reply.
    /// - Throws: ``CommandError``, which the client prints and whose exit status it ends with.
    func handle(
        _ request: ControlRequest, progress: (ProgressUpdate) -> Void, isCancelled: () -> Bool
    ) throws(CommandError) -> ControlResult
}
