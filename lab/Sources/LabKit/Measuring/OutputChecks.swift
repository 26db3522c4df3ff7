/// What captures must show of a guest's output.
enum OutputChecks {
    /// Finds the frames that left in a span of time.
    ///
    /// - Parameters:
    ///   - frames: Frames of one sender.
    ///   - window: The span, in nanoseconds since 1970.
    /// - Returns: The frames in it.
    static func frames(_ frames: [EthernetFrame], in window: Range<UInt64>) -> [EthernetFrame] {
        frames.filter { window.contains($0.time) }
    }

    /// Finds the frames that a guest's first host let out after the second one had begun to (safety rule 2).
    ///
    /// - Parameters:
    ///   - first: The guest's frames from the host that had it.
    ///   - second: The guest's frames from the host that took over.
    /// - Returns: The first host's frames that are too late.
    static func lateFrames(first: [EthernetFrame], second: [EthernetFrame]) -> [EthernetFrame] {
        guard let begin = second.map(\.time).min() else { return [] }
        return first.filter { $0.time >= begin }
    }

    /// Counts the echo replies that came after one with a higher sequence number of the same exchange, or twice.
    ///
    /// - Parameter frames: Frames in the order in which they were seen.
    /// - Returns: The count.
    static func misplacedEchoReplies(_ frames: [EthernetFrame]) -> Int {
        struct Exchange: Hashable {
            let kind: EthernetFrame.Kind
            let identifier: UInt16
        }
        var last: [Exchange: UInt16] = [:]
        var misplaced = 0
        for frame in frames {
            guard let reply = frame.echoReply else { continue }
            let exchange = Exchange(kind: frame.kind, identifier: reply.identifier)
            if let before = last[exchange], reply.sequence <= before { misplaced += 1 }
            last[exchange] = max(last[exchange] ?? 0, reply.sequence)
        }
        return misplaced
    }

    /// Says how many frames there are of each kind, for people.
    static func summary(_ frames: [EthernetFrame]) -> String {
        let counts = EthernetFrame.Kind.allCases.map { kind in (kind, frames.count { $0.kind == kind }) }
        return counts.filter { $0.1 > 0 }.map { "\($0.1) \($0.0.rawValue)" }.joined(separator: ", ")
    }
}
