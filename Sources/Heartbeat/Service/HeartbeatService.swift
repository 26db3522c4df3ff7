internal import Glibc
internal import SystemKit
internal import Telemetry

/// The heartbeat service of one host: a process of its own, so that a busy or crashed controller is told apart from a
/// dead host.
public final class HeartbeatService: Sendable {
    private let configuration: HeartbeatConfiguration
    private let key: HeartbeatKey
    private let signals: ServiceSignals

    /// Makes a service that has its key and does nothing yet.
    ///
    /// - Parameter configuration: What this host is told.
    /// - Throws: ``HeartbeatError`` when the configuration is not valid, the key cannot be used, or the system gives no
    ///   descriptor.
    public init(configuration: HeartbeatConfiguration) throws(HeartbeatError) {
        try configuration.check()
        self.configuration = configuration
        key = try HeartbeatKeyFile.read(configuration.keyPath)
        do {
            signals = try ServiceSignals()
        } catch {
            throw .system(error)
        }
    }

    /// Runs the service on the calling thread until ``stop()``.
    ///
    /// The thread gets real-time priority and the process locked memory where the configuration asks for it and the
    /// system permits it; it runs on with a warning where not. To be called once.
    ///
    /// - Parameter onBeat: Called on the thread at each of its beats; it must not block.
    /// - Throws: ``HeartbeatError`` when a socket cannot be opened.
    public func run(onBeat: @escaping @Sendable () -> Void = {}) throws(HeartbeatError) {
        let housekeeping = Housekeeping(configuration: configuration, signals: signals)
        housekeeping.readCarriers()
        var loop = try ServiceLoop.open(configuration: configuration, key: key, signals: signals, onBeat: onBeat)
        let helper: Thread
        do {
            helper = try Thread(name: "heartbeat-chore") { housekeeping.run() }
        } catch {
            throw .system(error)
        }
        if let priority = configuration.realtimePriority {
            // From here on no log line may be written by this thread itself.
            Log.startBackgroundWriter()
            do {
                try Thread.lockMemory()
                try Thread.becomeRealtime(priority: priority)
            } catch {
                ServiceLog.notRealtime(error)
            }
        }
        ServiceNotifier.ready(status: "sending to \(configuration.peerName) on \(configuration.paths.count) paths")
        loop.run()
        ServiceNotifier.stopping()
        helper.join()
    }

    /// Ends ``run()``, from any thread or a signal's handler thread; the peer is told that this is no crash.
    public func stop() { signals.requestStop() }
}
