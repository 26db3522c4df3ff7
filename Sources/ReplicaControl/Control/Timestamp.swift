internal import Glibc

/// Writes points in time the way of RFC 3339, in universal time.
public enum Timestamp {
    /// One point in time, to the millisecond.
    ///
    /// - Parameter nanoseconds: Since 1970, as ``SystemKit/Clock/wall`` gives them.
    /// - Returns: For example `2026-11-20T09:41:57.197Z`.
    public static func rfc3339(wall nanoseconds: UInt64) -> String {
        var seconds = time_t(nanoseconds / 1_000_000_000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let date = "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
        let time = "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
        let milliseconds = String(1_000 + nanoseconds / 1_000_000 % 1_000).dropFirst()
        return "\(date)T\(time).\(milliseconds)Z"
    }

    private static func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
