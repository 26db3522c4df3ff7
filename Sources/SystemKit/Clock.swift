internal import CLinux

/// The host's clocks, in nanoseconds.
public enum Clock {
    /// `CLOCK_MONOTONIC`: goes on while the host is frozen, so a lease on it has run out at the thaw.
    public static var monotonic: UInt64 { rc_monotonic_nanoseconds() }

    /// `CLOCK_REALTIME`: for logs only.
    public static var wall: UInt64 { rc_realtime_nanoseconds() }

    /// Sleeps until the monotonic clock reaches `deadline`.
    ///
    /// - Parameter deadline: Nanoseconds of ``monotonic``; one in the past returns at once.
    public static func sleep(until deadline: UInt64) { _ = rc_sleep_until(deadline) }

    /// Sleeps for some milliseconds.
    ///
    /// - Parameter milliseconds: How long.
    public static func sleep(milliseconds: UInt64) { sleep(until: monotonic + milliseconds * 1_000_000) }
}
