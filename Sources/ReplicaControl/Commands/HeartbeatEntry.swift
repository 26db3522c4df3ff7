internal import Heartbeat
internal import ReplicaModel
internal import SystemKit

/// Runs the heartbeat service in this process.
public enum HeartbeatEntry {
    /// Runs until SIGTERM or SIGINT.
    ///
    /// - Parameter configuration: The host's configuration.
    /// - Throws: ``CommandError`` when a socket or a thread is not to be had.
    public static func run(_ configuration: Configuration) throws(CommandError) {
        SignalSet.termination.block()
        do {
            let service = try HeartbeatService(configuration: configuration.heartbeatConfiguration)
            try Thread(name: "signals") {
                _ = SignalSet.termination.wait()
                service.stop()
            }.detach()
            let seconds = configuration.watchdog.timeoutSeconds
            let watchdog = seconds > 0 ? try WatchdogKeeper(seconds: seconds) : nil
            // Also of a service that cannot begin: a word in its file must not reset the host.
            defer { watchdog?.disarm() }
            try service.run { watchdog?.beat() }
        } catch let error as HeartbeatError where Self.reason(of: error) != .internalFault {
            // systemd does not start it again, so nobody would kick the watchdog of an earlier instance.
            WatchdogKeeper.disarmLeftover()
            throw CommandError(Self.reason(of: error), "the heartbeat cannot run: \(error)")
        } catch let error as CommandError {
            throw error
        } catch let error as HeartbeatError {
            throw CommandError(Self.reason(of: error), "the heartbeat cannot run: \(error)")
        } catch {
            throw CommandError(.internalFault, "the heartbeat cannot run: \(error)")
        }
    }

    /// The configuration cannot be read, and systemd does not start the heartbeat again: its watchdog must not reset the host.
    public static func giveUp() { WatchdogKeeper.disarmLeftover() }

    private static func reason(of error: HeartbeatError) -> ReasonCode {
        switch error {
        case .configuration, .address: .badConfiguration
        case .key: .keyFile
        case .path, .socket, .system: .internalFault
        }
    }
}
