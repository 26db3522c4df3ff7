/// What the service commands start; a test gives its own.
public struct ServiceEntries: Sendable {
    /// Runs the controller until it is told to stop.
    public let controller: @Sendable (Configuration) throws(CommandError) -> Void
    /// Runs the heartbeat until it is told to stop.
    public let heartbeat: @Sendable (Configuration) throws(CommandError) -> Void
    /// Puts in order what a heartbeat of before left, when the file of the configuration keeps a new one from running.
    public let heartbeatGaveUp: @Sendable () -> Void
    /// Runs one errand with libxl and returns the exit status.
    public let toolstackHelper: @Sendable ([String]) -> Int32

    /// Makes a set of entries.
    ///
    /// - Parameters:
    ///   - controller: Runs the controller.
    ///   - heartbeat: Runs the heartbeat.
    ///   - heartbeatGaveUp: Called when the heartbeat's configuration is wrong.
    ///   - toolstackHelper: Runs one errand; given what follows the command's name.
    public init(
        controller: @escaping @Sendable (Configuration) throws(CommandError) -> Void,
        heartbeat: @escaping @Sendable (Configuration) throws(CommandError) -> Void,
        heartbeatGaveUp: @escaping @Sendable () -> Void,
        toolstackHelper: @escaping @Sendable ([String]) -> Int32
    ) {
        self.controller = controller
        self.heartbeat = heartbeat
        self.heartbeatGaveUp = heartbeatGaveUp
        self.toolstackHelper = toolstackHelper
    }
}
