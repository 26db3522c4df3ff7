/// What `ping` printed.
enum PingTimes {
    /// How long the answers took.
    ///
    /// - Parameter output: All that `ping` printed.
    /// - Returns: Milliseconds, in the order of the answers; none for what was not answered.
    static func read(_ output: String) -> [Double] {
        output.split(separator: "\n").compactMap { line in
            line.firstRange(of: "time=").flatMap { Double(line[$0.upperBound...].prefix { $0 != " " }) }
        }
    }
}
