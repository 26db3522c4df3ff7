/// Tells a peer service that restarted from a late datagram of the one before.
struct SessionTracker: Sendable {
    enum Judgement: Equatable { case current, new, superseded }

    private(set) var current: UInt64?
    /// The sessions that were replaced, the oldest overwritten first: a late datagram does not outlive eight restarts.
    private var superseded = [8 of UInt64](repeating: 0)
    private var next = 0

    func judge(_ session: UInt64) -> Judgement {
        if session == current { return .current }
        for index in superseded.indices where superseded[index] == session { return .superseded }
        return .new
    }

    mutating func begin(_ session: UInt64) {
        if let current {
            superseded[next] = current
            next = (next + 1) % superseded.count
        }
        current = session
    }
}
