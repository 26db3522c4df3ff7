internal import Glibc
internal import SystemKit

/// Waits for one descriptor until a point on the monotonic clock.
enum Readiness {
    /// Waits until the descriptor is ready, hung up or in error.
    ///
    /// - Parameters:
    ///   - descriptor: An open descriptor.
    ///   - events: `POLLIN` or `POLLOUT`.
    ///   - deadline: Nanoseconds of `Clock.monotonic`, or `nil` for none.
    /// - Returns: `false` when the deadline came first.
    /// - Throws: `SystemError` of `poll`.
    static func wait(_ descriptor: Int32, _ events: Int32, until deadline: UInt64?) throws(SystemError) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(truncatingIfNeeded: events), revents: 0)
        while true {
            var milliseconds: Int32 = -1
            if let deadline {
                let now = Clock.monotonic
                // Rounded up, so that the wait does not spin through its last millisecond.
                milliseconds = now >= deadline ? 0 : Int32(clamping: (deadline - now + 999_999) / 1_000_000)
            }
            let ready = poll(&entry, 1, milliseconds)
            if ready > 0 { return true }
            if ready == 0 { return false }
            let code = errno
            if code != EINTR { throw SystemError(code: code, call: "poll") }
        }
    }
}
