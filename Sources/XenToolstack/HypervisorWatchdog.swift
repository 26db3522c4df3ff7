internal import CXenCtrl
internal import Glibc
internal import SystemKit

/// One of Xen's two watchdogs of this domain: unless it is kicked in time, Xen shuts Dom0 down, which resets the host.
///
/// It goes by Xen's own timer, so it also fires when no thread of Dom0 runs any more. There is no `deinit` on purpose: when
/// the process crashes or hangs, nobody kicks, the watchdog fires, and the host cannot come back to life with a copy of
/// the guest that the peer has taken over (safety rule 2). Only an orderly end disarms it.
public struct HypervisorWatchdog: ~Copyable, Sendable {
    /// The seconds that can be chosen; Xen counts in whole seconds, and 0 would reset the host at once.
    public static let secondsRange: ClosedRange<UInt32> = 2...3600

    /// Xen's number of it, 1 or 2; keep it in a file that does not outlive the host's run, see ``init(_:seconds:taking:)``.
    public let slot: UInt32
    private let seconds: UInt32
    private let hypervisor: Hypervisor

    /// Arms a watchdog: from now on the host is reset unless ``kick()`` is called again and again.
    ///
    /// - Parameters:
    ///   - hypervisor: The handle for the calls.
    ///   - seconds: How long after the last kick it fires, in ``secondsRange``.
    ///   - slot: One that an earlier instance of this service armed and did not disarm. It is taken over while it has
    ///     not fired yet; a second one would not keep the first from firing. When Xen has no such watchdog, a new one is
    ///     armed.
    /// - Throws: ``ToolstackError/callFailed(action:domain:cause:)``, for instance when both are in use.
    public init(_ hypervisor: Hypervisor, seconds: UInt32, taking slot: UInt32? = nil) throws(ToolstackError) {
        guard Self.secondsRange.contains(seconds) else {
            let cause = SystemError(code: EINVAL, call: "xc_watchdog")
            throw .callFailed(action: "arm the hypervisor's watchdog for \(seconds) s", domain: nil, cause: cause)
        }
        if let slot, slot > 0, xc_watchdog(hypervisor.handle, slot, seconds) == 0 {
            self.slot = slot
        } else {
            let result = xc_watchdog(hypervisor.handle, 0, seconds)
            let action =
                result < 0 && errno == ENOSPC
                ? "arm one of Dom0's two hypervisor watchdogs, both are in use (is xenwatchdogd running?)"
                : "arm the hypervisor's watchdog"
            self.slot = UInt32(try checkedLibraryCall(result, action, "xc_watchdog", nil))
        }
        self.seconds = seconds
        self.hypervisor = hypervisor
    }

    /// Lets the time begin anew.
    ///
    /// - Throws: ``ToolstackError/callFailed(action:domain:cause:)``; `EINVAL` when someone else disarmed it.
    public borrowing func kick() throws(ToolstackError) {
        try checkedLibraryCall(
            xc_watchdog(hypervisor.handle, slot, seconds), "kick the hypervisor's watchdog", "xc_watchdog", nil)
    }

    /// Ends it, in an orderly end of the service; the host is not watched any more.
    ///
    /// - Throws: ``ToolstackError/callFailed(action:domain:cause:)``; then the host may be reset when the time is over.
    public consuming func disarm() throws(ToolstackError) {
        try checkedLibraryCall(
            xc_watchdog(hypervisor.handle, slot, 0), "disarm the hypervisor's watchdog", "xc_watchdog", nil)
    }
}
