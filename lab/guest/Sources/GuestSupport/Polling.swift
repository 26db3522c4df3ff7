package import Glibc

/// Waiting for descriptors, with a deadline.
package enum Polling {
    /// Waits until a descriptor is ready or the deadline has come, and notes in `watched` what is ready.
    ///
    /// - Parameters:
    ///   - watched: The descriptors; those with a negative number are left out.
    ///   - deadline: Nanoseconds of the monotonic clock, or nil to wait without end.
    /// - Throws: ``SystemError`` of `poll`; an interruption is no error.
    package static func wait(_ watched: inout [pollfd], until deadline: UInt64?) throws(SystemError) {
        let timeout = timeout(until: deadline, now: Clock.monotonic())
        guard poll(&watched, nfds_t(watched.count), timeout) >= 0 || errno == EINTR else {
            throw SystemError(call: "poll")
        }
    }

    /// The timeout for `poll(2)` that reaches `deadline`, rounded up to whole milliseconds; -1 for no end.
    static func timeout(until deadline: UInt64?, now: UInt64) -> Int32 {
        guard let deadline else { return -1 }
        guard deadline > now else { return 0 }
        return Int32(clamping: (deadline - now + 999_999) / 1_000_000)
    }
}
