internal import CSystemd

/// Tells systemd how this service is; every function does nothing when systemd did not start the process.
public enum ServiceNotifier {
    /// The service is up.
    ///
    /// - Parameter status: One line for `systemctl status`.
    public static func ready(status: String) { notify("READY=1\nSTATUS=\(oneLine(status))") }

    /// The service has begun to stop.
    public static func stopping() { notify("STOPPING=1") }

    /// The service is alive; to be sent at least twice in each ``watchdogInterval``.
    public static func watchdog() { notify("WATCHDOG=1") }

    /// After how many nanoseconds without ``watchdog()`` systemd restarts the service, or `nil` without a watchdog.
    public static var watchdogInterval: UInt64? {
        var microseconds: UInt64 = 0
        guard sd_watchdog_enabled(0, &microseconds) > 0 else { return nil }
        return microseconds.multipliedReportingOverflow(by: 1_000).partialValue
    }

    private static func notify(_ state: String) { _ = sd_notify(0, state) }

    private static func oneLine(_ text: String) -> String { String(text.map { $0.isNewline ? " " : $0 }) }
}
