/// Writes quantities for people.
enum Quantity {
    /// A number of bytes in the largest binary unit that leaves a whole part, with one decimal.
    static func bytes(_ count: UInt64) -> String {
        guard count >= 1_024 else { return "\(count) B" }
        var value = Double(count)
        var unit = ""
        for next in ["KiB", "MiB", "GiB", "TiB"] where value >= 1_024 {
            value /= 1_024
            unit = next
        }
        return "\(decimal(value)) \(unit)"
    }

    /// Microseconds as milliseconds with one decimal.
    static func milliseconds(microseconds: UInt64) -> String { decimal(Double(microseconds) / 1_000) }

    /// A length of time in its two largest units.
    static func duration(milliseconds: UInt64) -> String {
        let seconds = milliseconds / 1_000
        switch seconds {
        case 0..<10: return "\(milliseconds) ms"
        case 10..<60: return "\(seconds) s"
        case 60..<3_600: return "\(seconds / 60) min \(seconds % 60) s"
        case 3_600..<86_400: return "\(seconds / 3_600) h \(seconds / 60 % 60) min"
        default: return "\(seconds / 86_400) d \(seconds / 3_600 % 24) h"
        }
    }

    /// A number with one decimal.
    static func decimal(_ value: Double) -> String {
        let tenths = (value * 10).rounded()
        guard tenths.magnitude < 1e15 else { return "\(value)" }
        let whole = Int64(tenths)
        return "\(whole / 10).\(abs(whole % 10))"
    }
}
