/// Shows how a protection comes along: one line that is written over on a terminal, a line a step elsewhere.
struct ProgressPrinter {
    private let domain: String
    private let output: CommandOutput
    private var last: ProgressUpdate?

    init(domain: String, output: CommandOutput) {
        self.domain = domain
        self.output = output
    }

    /// Takes the next update.
    mutating func show(_ update: ProgressUpdate) {
        if let last, last.stage != update.stage || last.round != update.round { finish() }
        last = update
        if output.isTerminal { output.error("\r\(line(update))\u{1B}[K") }
    }

    /// Ends the line of the step that is over.
    mutating func finish() {
        guard let last else { return }
        output.error(output.isTerminal ? "\n" : line(last) + "\n")
        self.last = nil
    }

    private func line(_ update: ProgressUpdate) -> String {
        switch update.stage {
        case .checking: return "\(domain): looking for obstacles"
        case .connecting: return "\(domain): agreeing with the peer"
        case .copying:
            let total = max(update.pagesTotal, 1)
            let percent = min(update.pagesSent, total) * 100 / total
            return "\(domain): round \(update.round), \(update.pagesSent) of \(update.pagesTotal) pages (\(percent) %),"
                + " \(Quantity.bytes(update.bytes)) sent, \(Quantity.bytes(update.bytesPerSecond))/s"
        case .committing: return "\(domain): sending the first checkpoint and waiting for its acknowledgement"
        case .removing: return "\(domain): taking the protection away"
        case .moving: return "\(domain): changing its host"
        }
    }
}
