/// Judges the lines of a counter service: each number must follow the one before it, each echo what was sent.
package struct CounterChecker {
    /// Lines that were judged, echoes included.
    package private(set) var lines = 0
    /// The first number of the connection.
    package private(set) var firstValue: UInt64?
    /// The latest number of the connection.
    package private(set) var lastValue: UInt64?
    /// Times that a number was more than one above the number before it.
    package private(set) var gaps = 0
    /// Numbers that were left out in all gaps together.
    package private(set) var missingValues: UInt64 = 0
    /// Times that a number was not above the number before it.
    package private(set) var backwardSteps = 0
    /// Times that the guest's monotonic clock was behind the line before.
    package private(set) var guestClockBackwardSteps = 0
    /// Lines that no counter service sends.
    package private(set) var malformed = 0
    /// The first of them.
    package private(set) var firstMalformed: String?
    /// Echoes that were asked for.
    package private(set) var echoesSent = 0
    /// Echoes that came back as sent.
    package private(set) var echoesAnswered = 0
    /// Echoes that came back with another text, out of order, or unasked.
    package private(set) var echoesWrong = 0
    /// The longest time from an echo's request to its answer, in nanoseconds.
    package private(set) var longestEcho: UInt64 = 0

    private var lastGuestClock: UInt64 = 0
    private var expectedEchoes: [(text: String, sentAt: UInt64)] = []

    /// Makes a checker for one connection.
    package init() {}

    /// Echoes whose answer is still to come.
    package var echoesPending: Int { expectedEchoes.count }

    /// Notes that an echo of `text` was asked for.
    package mutating func echoSent(_ text: String, at monotonic: UInt64) {
        echoesSent += 1
        expectedEchoes.append((text, monotonic))
    }

    /// Judges one line.
    package mutating func receive(_ line: String, at monotonic: UInt64) {
        lines += 1
        let words = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        if words.count == 3, words[0] == "ECHO", let value = UInt64(words[1]) {
            follow(value)
            judgeEcho(words[2], at: monotonic)
        } else if words.count == 2, let value = UInt64(words[0]), let guestClock = UInt64(words[1]) {
            follow(value)
            if guestClock < lastGuestClock { guestClockBackwardSteps += 1 }
            lastGuestClock = guestClock
        } else {
            malformed += 1
            if firstMalformed == nil { firstMalformed = line }
        }
    }

    /// True when nothing wrong was seen.
    ///
    /// - Parameter shared: True when other clients use the same service: they take numbers, so gaps are in order.
    /// - Returns: True when there were lines, and all of them were right.
    package func isRight(shared: Bool) -> Bool {
        lines > 0 && (shared || gaps == 0) && backwardSteps == 0 && guestClockBackwardSteps == 0 && malformed == 0
            && echoesWrong == 0
    }

    private mutating func follow(_ value: UInt64) {
        defer { lastValue = value }
        guard let lastValue else {
            firstValue = value
            return
        }
        if value <= lastValue {
            backwardSteps += 1
        } else if value - lastValue > 1 {
            gaps += 1
            missingValues += value - lastValue - 1
        }
    }

    private mutating func judgeEcho(_ text: Substring, at monotonic: UInt64) {
        guard let expected = expectedEchoes.first, expected.text == text else {
            echoesWrong += 1
            return
        }
        expectedEchoes.removeFirst()
        echoesAnswered += 1
        longestEcho = max(longestEcho, monotonic - expected.sentAt)
    }
}
