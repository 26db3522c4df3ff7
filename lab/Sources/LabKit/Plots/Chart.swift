/// A drawing in SVG of a fixed size, with a title, axes and a legend: what all charts have in common.
struct Chart {
    static let width = 760.0
    static let height = 380.0
    private static let left = 70.0
    private static let right = 150.0
    private static let top = 40.0
    private static let bottom = 50.0
    /// Colours that people with any kind of sight can tell apart, in the order of the legend.
    static let colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"]

    let horizontal: Scale
    let vertical: Scale
    private var elements: [String] = []
    private var entries = 0

    /// Draws the frame of a chart.
    ///
    /// - Parameters:
    ///   - title: What it shows.
    ///   - horizontal: The values from left to right.
    ///   - vertical: The values from bottom to top.
    ///   - labels: The words below the axis and beside the other.
    ///   - hasTicks: Whether the horizontal axis has numbers.
    init(title: String, horizontal: Scale, vertical: Scale, labels: (String, String), hasTicks: Bool = true) {
        self.horizontal = horizontal
        self.vertical = vertical
        let (base, end) = (Self.height - Self.bottom, Self.width - Self.right)
        text(title, x: Self.left, y: 22, size: 15, anchor: "start")
        text(labels.0, x: (Self.left + end) / 2, y: Self.height - 10, anchor: "middle")
        let middle = (Self.top + base) / 2
        elements.append(
            "<text x=\"16\" y=\"\(Self.number(middle))\" font-size=\"12\" text-anchor=\"middle\" "
                + "transform=\"rotate(-90 16 \(Self.number(middle)))\">\(Self.escaped(labels.1))</text>")
        for tick in vertical.ticks {
            let y = self.y(tick)
            line([(Self.left, y), (end, y)], colour: "#dddddd", width: 1)
            text(Self.label(tick), x: Self.left - 6, y: y + 4, anchor: "end")
        }
        for tick in hasTicks ? horizontal.ticks : [] {
            let x = self.x(tick)
            line([(x, base), (x, base + 5)], colour: "#333333", width: 1)
            text(Self.label(tick), x: x, y: base + 18, anchor: "middle")
        }
        line([(Self.left, Self.top), (Self.left, base), (end, base)], colour: "#333333", width: 1)
    }

    /// Where a value is, from the left.
    func x(_ value: Double) -> Double {
        Self.left + horizontal.part(value) * (Self.width - Self.right - Self.left)
    }

    /// Where a value is, from the top.
    func y(_ value: Double) -> Double {
        let base = Self.height - Self.bottom
        return base - vertical.part(value) * (base - Self.top)
    }

    /// Draws a line through points of the drawing.
    mutating func line(_ points: [(Double, Double)], colour: String, width: Double = 2, isDashed: Bool = false) {
        let path = points.map { "\(Self.number($0.0)),\(Self.number($0.1))" }.joined(separator: " ")
        let dashes = isDashed ? " stroke-dasharray=\"6 4\"" : ""
        elements.append(
            "<polyline points=\"\(path)\" fill=\"none\" stroke=\"\(colour)\" stroke-width=\"\(Self.number(width))\"\(dashes)/>"
        )
    }

    /// Fills an area between points of the drawing.
    mutating func area(_ points: [(Double, Double)], colour: String) {
        let path = points.map { "\(Self.number($0.0)),\(Self.number($0.1))" }.joined(separator: " ")
        elements.append("<polygon points=\"\(path)\" fill=\"\(colour)\"/>")
    }

    /// Fills a bar from the axis up to a value.
    mutating func bar(from left: Double, to right: Double, value: Double, colour: String) {
        let (top, base) = (y(value), Self.height - Self.bottom)
        area([(left, base), (left, top), (right, top), (right, base)], colour: colour)
        text(Self.label(value), x: (left + right) / 2, y: top - 3, size: 10, anchor: "middle")
    }

    /// Writes a word below the horizontal axis.
    mutating func word(_ word: String, x: Double) {
        text(word, x: x, y: Self.height - Self.bottom + 18, anchor: "middle")
    }

    /// Adds a line to the legend.
    mutating func entry(_ name: String, colour: String) {
        let (x, y) = (Self.width - Self.right + 14, Self.top + 10 + Double(entries) * 20)
        entries += 1
        area([(x, y - 9), (x, y + 1), (x + 12, y + 1), (x + 12, y - 9)], colour: colour)
        text(name, x: x + 18, y: y, anchor: "start")
    }

    /// The whole file.
    var svg: String {
        let (width, height) = (Self.number(Self.width), Self.number(Self.height))
        return """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" \
            viewBox="0 0 \(width) \(height)" font-family="sans-serif" fill="#222222">
            <rect width="\(width)" height="\(height)" fill="#ffffff"/>
            \(elements.joined(separator: "\n"))
            </svg>

            """
    }

    private mutating func text(_ text: String, x: Double, y: Double, size: Int = 12, anchor: String) {
        elements.append(
            "<text x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" font-size=\"\(size)\" text-anchor=\"\(anchor)\">"
                + "\(Self.escaped(text))</text>")
    }

    /// A coordinate: a tenth of a pixel is enough, and keeps the files small.
    private static func number(_ value: Double) -> String {
        let text = value.text(1)
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    /// A value as people read it.
    static func label(_ value: Double) -> String {
        if value == value.rounded(), abs(value) < 1e6 { return value.text(0) }
        return abs(value) >= 100 ? value.text(0) : abs(value) >= 1 ? value.text(1) : value.text(2)
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }
}
