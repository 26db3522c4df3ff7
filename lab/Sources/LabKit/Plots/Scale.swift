import Foundation

/// The values along one axis of a chart, from 0 or evenly by powers of ten.
struct Scale: Equatable {
    let low: Double
    let high: Double
    let isLogarithmic: Bool
    /// The values that are written beside the axis.
    let ticks: [Double]

    /// A scale from 0 to a round number that is not below any value.
    ///
    /// - Parameter values: The values, none below 0.
    init(linear values: [Double]) {
        let most = max(values.max() ?? 1, 1e-9)
        let power = pow(10, floor(log10(most / 5)))
        let step = [1, 2, 5, 10].map { $0 * power }.first { $0 * 5 >= most } ?? most
        let count = (most / step).rounded(.up)
        low = 0
        high = count * step
        isLogarithmic = false
        ticks = (0...Int(count)).map { Double($0) * step }
    }

    /// A scale of the powers of ten around all values.
    ///
    /// - Parameter values: The values; those that are not above 0 are left out.
    init(logarithmic values: [Double]) {
        let positive = values.filter { $0 > 0 }
        let first = floor(log10(positive.min() ?? 1))
        let last = max(ceil(log10(positive.max() ?? 10)), first + 1)
        low = pow(10, first)
        high = pow(10, last)
        isLogarithmic = true
        ticks = stride(from: first, through: last, by: 1).map { pow(10, $0) }
    }

    /// Where a value is between the scale's ends, in `0...1`.
    func part(_ value: Double) -> Double {
        let part =
            isLogarithmic
            ? (log10(max(value, low)) - log10(low)) / (log10(high) - log10(low)) : (value - low) / (high - low)
        return min(max(part, 0), 1)
    }
}
