internal import ReplicaModel

/// Writes the report of a check for people.
enum CheckText {
    static func render(_ report: CheckReport) -> String {
        var lines = report.passed.map { "ok        \($0)" }
        for obstacle in report.obstacles {
            lines.append("OBSTACLE  \(obstacle.message) (\(obstacle.reason.rawValue))")
            if !obstacle.hint.isEmpty { lines.append("          \(obstacle.hint)") }
        }
        switch report.obstacles.count {
        case 0: lines.append("\(report.domain) can be protected.")
        case 1: lines.append("\(report.domain) cannot be protected: 1 obstacle.")
        default: lines.append("\(report.domain) cannot be protected: \(report.obstacles.count) obstacles.")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
