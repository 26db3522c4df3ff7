internal import ReplicaModel
internal import SystemKit
internal import Telemetry

/// The service's slow chores, on a thread of ordinary priority: what may wait in the kernel or for systemd never delays
/// a beat.
struct Housekeeping: Sendable {
    /// How soon a pulled cable is seen; the beat's thread is woken by the change only.
    private static let interval: Milliseconds = 100

    private let interfaces: [String]
    private let signals: ServiceSignals

    init(configuration: HeartbeatConfiguration, signals: ServiceSignals) {
        interfaces = configuration.paths.map(\.carrierInterface)
        self.signals = signals
    }

    /// Reads every carrier once, so that the first beat tells the truth.
    func readCarriers() {
        var present: PathSet = []
        for (path, interface) in interfaces.enumerated() where !interface.isEmpty {
            if InterfaceCarrier.isPresent(on: interface) { present.insert(PathSet(path: path)) }
        }
        signals.setCarriers(present)
    }

    /// Works until the service ends.
    func run() {
        let pingInterval = ServiceNotifier.watchdogInterval.map { $0 / 4 }
        var nextPing = Clock.monotonic
        var beatsAtPing: UInt64 = 0
        while !signals.isStopping {
            readCarriers()
            let now = Clock.monotonic
            // systemd hears of a beat's thread that beats, not of this thread.
            if let pingInterval, now >= nextPing, signals.beats != beatsAtPing {
                beatsAtPing = signals.beats
                nextPing = now + pingInterval
                ServiceNotifier.watchdog()
            }
            Clock.sleep(until: now + Self.interval.nanoseconds)
        }
    }
}
