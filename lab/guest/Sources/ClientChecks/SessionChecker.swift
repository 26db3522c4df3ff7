/// Judges the answers of a remote loop that numbers the lines it reads and sends them back.
package struct SessionChecker {
    /// Lines that were sent.
    package private(set) var sent: UInt64 = 0
    /// Answers that were right and in order.
    package private(set) var answered: UInt64 = 0
    /// Answers that were not.
    package private(set) var wrong = 0
    /// The first of them.
    package private(set) var firstWrong: String?
    /// The longest time from a line to its answer, in nanoseconds, without the first line: that waits for the login.
    package private(set) var longestAnswer: UInt64 = 0

    private var sentTimes: [UInt64] = []

    /// Makes a checker for one session.
    package init() {}

    /// Lines whose answer is still to come.
    package var pending: Int { sentTimes.count }

    /// The next line to send; the caller sends all of it.
    package mutating func nextLine(at monotonic: UInt64) -> String {
        sent += 1
        sentTimes.append(monotonic)
        return Self.text(of: sent)
    }

    /// Judges one answer.
    package mutating func receive(_ line: String, at monotonic: UInt64) {
        let number = answered + 1
        guard let sentAt = sentTimes.first, line == "\(number) \(Self.text(of: number))" else {
            wrong += 1
            if firstWrong == nil { firstWrong = line }
            return
        }
        sentTimes.removeFirst()
        answered = number
        if number > 1 { longestAnswer = max(longestAnswer, monotonic - sentAt) }
    }

    private static func text(of number: UInt64) -> String { "line-\(number)" }
}
