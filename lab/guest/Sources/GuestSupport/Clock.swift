internal import Glibc

/// The two kernel clocks that the guest's programs and their clients use.
package enum Clock {
    /// Nanoseconds of `CLOCK_MONOTONIC`: for durations and deadlines.
    package static func monotonic() -> UInt64 {
        nanoseconds(of: CLOCK_MONOTONIC)
    }

    /// Nanoseconds of `CLOCK_REALTIME` since 1970: for lining results up with other logs, never for durations.
    package static func wall() -> UInt64 {
        nanoseconds(of: CLOCK_REALTIME)
    }

    private static func nanoseconds(of clock: clockid_t) -> UInt64 {
        var time = timespec()
        let result = clock_gettime(clock, &time)
        precondition(result == 0, "the kernel has no clock \(clock)")
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
