/// What happened, line by line.
struct Timeline: Sendable {
    /// One line.
    struct Line: Equatable, Sendable {
        var time: VirtualTime
        var host: HostNumber?
        var text: String
    }

    let isKept: Bool
    private(set) var lines: [Line] = []

    /// More lines are not kept (safety rule 6); the first ones go.
    private static let limit = 4_000

    init(isKept: Bool) { self.isKept = isKept }

    mutating func add(_ time: VirtualTime, _ host: HostNumber?, _ text: String) {
        if lines.count >= Self.limit { lines.removeFirst(Self.limit / 2) }
        lines.append(Line(time: time, host: host, text: text))
    }

    /// The last lines as text.
    func text(last count: Int = .max) -> String {
        lines.suffix(count).map(\.words).joined(separator: "\n") + "\n"
    }
}

extension Timeline.Line {
    /// The line as it is printed: seconds, host, event.
    var words: String {
        let microseconds = time / 1_000
        let seconds = String(microseconds / 1_000_000)
        let rest = String(microseconds % 1_000_000 / 100 + 10_000).dropFirst()
        let column = String(repeating: " ", count: max(0, 4 - seconds.count)) + seconds + "." + rest
        return "\(column)  \(host?.name ?? "--  ")  \(text)"
    }
}
