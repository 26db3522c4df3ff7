/// The kinds of chart that the benchmarks have, each drawn from plain numbers.
enum Charts {
    /// One line of a chart.
    struct Series {
        let name: String
        let points: [(x: Double, y: Double)]
        var isDashed = false
    }

    /// Lines over numbers.
    static func lines(
        title: String, labels: (String, String), logarithmic: Bool = false, _ series: [Series]
    ) -> String {
        let xs = series.flatMap { $0.points.map(\.x) }
        let ys = series.flatMap { $0.points.map(\.y) }
        var chart = Chart(
            title: title, horizontal: Scale(linear: xs),
            vertical: logarithmic ? Scale(logarithmic: ys) : Scale(linear: ys), labels: labels)
        for (index, one) in series.enumerated() {
            let colour = Chart.colours[index % Chart.colours.count]
            let points = one.points.map { (chart.x($0.x), chart.y($0.y)) }
            chart.line(points, colour: colour, isDashed: one.isDashed)
            chart.entry(one.name, colour: colour)
        }
        return chart.svg
    }

    /// Areas on top of each other: what a whole consists of, over numbers.
    ///
    /// - Parameters:
    ///   - title: What it shows.
    ///   - labels: The words below the axis and beside the other.
    ///   - xs: The numbers along the axis.
    ///   - layers: The parts, the lowest first, each with a value for each of `xs`.
    /// - Returns: The drawing.
    static func stack(
        title: String, labels: (String, String), xs: [Double], layers: [(name: String, values: [Double])]
    ) -> String {
        var sums = [Double](repeating: 0, count: xs.count)
        let totals = layers.reduce(into: sums) { sums, layer in
            for index in sums.indices { sums[index] += layer.values[index] }
        }
        var chart = Chart(
            title: title, horizontal: Scale(linear: xs), vertical: Scale(linear: totals), labels: labels)
        for (number, layer) in layers.enumerated() {
            let colour = Chart.colours[number % Chart.colours.count]
            let lower = zip(xs, sums).map { (chart.x($0), chart.y($1)) }
            for index in sums.indices { sums[index] += layer.values[index] }
            let upper = zip(xs, sums).map { (chart.x($0), chart.y($1)) }
            chart.area(lower + upper.reversed(), colour: colour)
        }
        // The uppermost first, as it is seen.
        for (number, layer) in layers.enumerated().reversed() {
            chart.entry(layer.name, colour: Chart.colours[number % Chart.colours.count])
        }
        return chart.svg
    }

    /// Bars in groups.
    ///
    /// - Parameters:
    ///   - title: What it shows.
    ///   - label: The word beside the vertical axis.
    ///   - logarithmic: Whether the values are of very different size.
    ///   - groups: The words below the axis.
    ///   - bars: What each colour is, with a value for each group; `nil` leaves a gap.
    /// - Returns: The drawing.
    static func bars(
        title: String, label: String, logarithmic: Bool, groups: [String], bars: [(name: String, values: [Double?])]
    ) -> String {
        let values = bars.flatMap { $0.values.compactMap { $0 } }
        var chart = Chart(
            title: title, horizontal: Scale(linear: [Double(groups.count)]),
            vertical: logarithmic ? Scale(logarithmic: values) : Scale(linear: values), labels: ("", label),
            hasTicks: false)
        // All groups have the same share of the axis, whatever number it ends with.
        let step = (chart.x(chart.horizontal.high) - chart.x(0)) / Double(max(1, groups.count))
        let width = step * 0.8 / Double(max(1, bars.count))
        for (group, word) in groups.enumerated() {
            let start = chart.x(0) + step * (Double(group) + 0.1)
            chart.word(word, x: start + step * 0.4)
            for (index, bar) in bars.enumerated() {
                guard let value = bar.values[group] else { continue }
                let left = start + Double(index) * width
                chart.bar(
                    from: left, to: left + width * 0.92, value: value,
                    colour: Chart.colours[index % Chart.colours.count])
            }
        }
        for (index, bar) in bars.enumerated() {
            chart.entry(bar.name, colour: Chart.colours[index % Chart.colours.count])
        }
        return chart.svg
    }
}
