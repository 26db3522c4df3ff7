public import ReplicaModel

/// When to kick the hypervisor's watchdog: four times in its time, so that three late kicks in a row do no harm.
public struct WatchdogSchedule: Equatable, Sendable {
    /// How long after a kick the watchdog fires.
    public let timeout: Milliseconds
    /// When the last kick began.
    public private(set) var lastKick: MonotonicTime

    /// Begins with a watchdog that was just armed.
    ///
    /// - Parameters:
    ///   - seconds: The watchdog's time, in ``HypervisorWatchdog/secondsRange``.
    ///   - now: Read before it was armed.
    public init(seconds: UInt32, armedAt now: MonotonicTime) {
        timeout = Milliseconds(rawValue: UInt64(seconds) * 1000)
        lastKick = now
    }

    /// Between two kicks.
    public var interval: Milliseconds { Milliseconds(rawValue: timeout.rawValue / 4) }

    /// When to kick next.
    public var nextKick: MonotonicTime { lastKick + interval }

    /// The earliest time at which it fires without another kick; it fires later by as long as the last kick took.
    public var firesAt: MonotonicTime { lastKick + timeout }

    /// Whether to kick.
    ///
    /// - Parameter now: This host's monotonic clock.
    /// - Returns: True also when the time has run out already: Xen decides, and then there is nothing to lose.
    public func isDue(at now: MonotonicTime) -> Bool { now >= nextKick }

    /// Takes note of a kick that worked.
    ///
    /// - Parameter now: Read before the kick.
    public mutating func noteKick(at now: MonotonicTime) { lastKick = max(lastKick, now) }
}
