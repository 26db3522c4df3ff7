// Reads points in time back, as the event log holds them and as an operator writes them.

internal import Glibc

extension Timestamp {
    /// Reads a point in time.
    ///
    /// - Parameter text: A date and a time with `T` or a space between, a fraction and an offset if wanted, or a date
    ///   alone; without an offset universal time is meant.
    /// - Returns: Nanoseconds since 1970, or `nil` for any other text for times before 1970 and after 2500.
    static func wall(rfc3339 text: String) -> UInt64? {
        var rest = Substring(text)
        guard let date = numbers(&rest, widths: [4, 2, 2], separator: "-"), (1...12).contains(date[1]),
            (1...31).contains(date[2])
        else { return nil }
        var clock = [0, 0, 0]
        var fraction: UInt64 = 0
        var offset = 0
        if !rest.isEmpty {
            guard let separator = rest.popFirst(), "Tt ".contains(separator),
                let minutes = numbers(&rest, widths: [2, 2], separator: ":")
            else { return nil }
            clock = minutes + [0]
            if rest.first == ":" {
                rest.removeFirst()
                guard let seconds = digits(&rest, width: 2) else { return nil }
                clock[2] = seconds
                guard let read = nanoseconds(&rest) else { return nil }
                fraction = read
            }
            guard clock[0] < 24, clock[1] < 60, clock[2] <= 60, let read = offsetSeconds(&rest) else { return nil }
            offset = read
        }
        var parts = tm()
        parts.tm_year = Int32(date[0] - 1900)
        parts.tm_mon = Int32(date[1] - 1)
        parts.tm_mday = Int32(date[2])
        parts.tm_hour = Int32(clock[0])
        parts.tm_min = Int32(clock[1])
        parts.tm_sec = Int32(clock[2])
        let seconds = timegm(&parts) - offset
        // A day that the month does not have was moved into the next one.
        guard seconds >= 0, parts.tm_mday == Int32(date[2]) || clock[2] == 60 else { return nil }
        let (whole, isTooLate) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, isOver) = whole.addingReportingOverflow(fraction)
        return isTooLate || isOver ? nil : sum
    }

    private static func numbers(_ rest: inout Substring, widths: [Int], separator: Character) -> [Int]? {
        var found: [Int] = []
        for width in widths {
            if !found.isEmpty {
                guard rest.first == separator else { return nil }
                rest.removeFirst()
            }
            guard let number = digits(&rest, width: width) else { return nil }
            found.append(number)
        }
        return found
    }

    private static func digits(_ rest: inout Substring, width: Int) -> Int? {
        let text = rest.prefix(width)
        guard text.count == width, text.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
        rest = rest.dropFirst(width)
        return Int(text)
    }

    /// What follows a point, as nanoseconds; 0 without one.
    private static func nanoseconds(_ rest: inout Substring) -> UInt64? {
        guard rest.first == "." else { return 0 }
        rest.removeFirst()
        let text = rest.prefix { $0.isASCII && $0.isNumber }
        guard (1...9).contains(text.count) else { return nil }
        rest = rest.dropFirst(text.count)
        return UInt64(text + String(repeating: "0", count: 9 - text.count))
    }

    /// `Z`, `+01:00` or nothing, at the end of the text.
    private static func offsetSeconds(_ rest: inout Substring) -> Int? {
        guard let sign = rest.popFirst() else { return 0 }
        if sign == "Z" || sign == "z" { return rest.isEmpty ? 0 : nil }
        guard sign == "+" || sign == "-", let offset = numbers(&rest, widths: [2, 2], separator: ":"), rest.isEmpty,
            offset[0] < 24, offset[1] < 60
        else { return nil }
        return (offset[0] * 60 + offset[1]) * (sign == "-" ? -60 : 60)
    }
}
