/// A point on this host's monotonic clock, in nanoseconds; never compared with another host's.
///
/// The protocol's state machines take the time as a value, so that a simulator can drive them with its own clock.
public struct MonotonicTime: Comparable, Hashable, Sendable {
    /// Nanoseconds since the clock's start.
    public let nanoseconds: UInt64

    /// Makes a point in time.
    public init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    /// Orders points in time.
    public static func < (left: MonotonicTime, right: MonotonicTime) -> Bool { left.nanoseconds < right.nanoseconds }

    /// The point that lies one interval later, at most the end of the clock's range.
    public static func + (time: MonotonicTime, interval: Milliseconds) -> MonotonicTime {
        let (sum, overflow) = time.nanoseconds.addingReportingOverflow(interval.nanoseconds)
        return MonotonicTime(nanoseconds: overflow ? .max : sum)
    }

    /// The nanoseconds from `earlier` to this point, or 0 when `earlier` is later.
    public func nanoseconds(since earlier: MonotonicTime) -> UInt64 {
        nanoseconds > earlier.nanoseconds ? nanoseconds - earlier.nanoseconds : 0
    }
}

/// A length of time in whole milliseconds, the unit of the configuration.
public struct Milliseconds: RawRepresentable, Comparable, Hashable, Sendable, ExpressibleByIntegerLiteral {
    /// The number of milliseconds.
    public let rawValue: UInt64

    /// Makes a length of time.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Makes a length of time from a literal number of milliseconds.
    public init(integerLiteral value: UInt64) { rawValue = value }

    /// The same length in nanoseconds.
    public var nanoseconds: UInt64 { rawValue.multipliedReportingOverflow(by: 1_000_000).partialValue }

    /// Orders lengths of time.
    public static func < (left: Milliseconds, right: Milliseconds) -> Bool { left.rawValue < right.rawValue }

    /// The two lengths one after the other.
    public static func + (left: Milliseconds, right: Milliseconds) -> Milliseconds {
        Milliseconds(rawValue: left.rawValue + right.rawValue)
    }
}
