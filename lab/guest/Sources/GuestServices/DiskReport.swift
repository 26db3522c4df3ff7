/// What a check of lanes found.
package struct DiskReport: Equatable {
    /// Blocks that were compared.
    package var blocks = 0
    /// Writes since the lanes were filled.
    package var writes: UInt64 = 0
    /// Wrong blocks whose content is of a later write than the memory knows.
    package var ahead = 0
    /// Wrong blocks whose content is of an earlier write.
    package var behind = 0
    /// Wrong blocks whose content is no write's.
    package var damaged = 0
    /// The wrong block that was found first: its lane and number.
    package var first: String?
    /// The first request that the disk refused.
    package var failure: String?

    /// All wrong blocks.
    package var wrong: Int { ahead + behind + damaged }

    /// True when every block is as it must be, and no request failed.
    package var isRight: Bool { wrong == 0 && failure == nil }

    /// Counts one block's verdict.
    mutating func add(_ verdict: DiskBlock.Verdict, at place: @autoclosure () -> String) {
        switch verdict {
        case .right: return
        case .ahead: ahead += 1
        case .behind: behind += 1
        case .damaged: damaged += 1
        }
        if first == nil { first = place() }
    }

    /// Adds what another lane's check found.
    mutating func add(_ other: DiskReport) {
        blocks += other.blocks
        writes += other.writes
        ahead += other.ahead
        behind += other.behind
        damaged += other.damaged
        first = first ?? other.first
        failure = failure ?? other.failure
    }

    /// The report as the service's answer.
    package var line: String {
        let head = "\(isRight ? "OK" : "WRONG") blocks=\(blocks) writes=\(writes) wrong=\(wrong)"
        guard !isRight else { return head }
        return head + " ahead=\(ahead) behind=\(behind) damaged=\(damaged) first=\(first ?? "none")"
            + (failure.map { " failure=\"\($0)\"" } ?? "")
    }
}
