/// Who asks a guest for work, and how.
enum BenchClient: Equatable, Sendable {
    /// A connection for lines: what they ask, milliseconds from one request to the next, 0 for no pause, and how many
    /// at a time.
    case lines(String, period: Int, outstanding: Int)
    /// pgbench: how many connections, each with one transaction at a time.
    case transactions(connections: Int)
}
