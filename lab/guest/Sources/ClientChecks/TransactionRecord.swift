internal import GuestSupport

/// What a client knows of its transactions: which it has sent, and which the database has said are committed.
struct TransactionRecord {
    /// How many may be sent and not acknowledged.
    static let window: UInt64 = 4

    /// The last number that was committed when the client began.
    let before: UInt64
    /// The last number that was sent.
    private(set) var sent: UInt64
    /// The last number that was acknowledged.
    private(set) var acknowledged: UInt64
    /// The longest time from a number's sending to its acknowledgement, in nanoseconds.
    private(set) var longestCommit: UInt64 = 0
    /// The first answer that was no acknowledgement of the number whose turn it was.
    private(set) var firstWrong: String?
    private var sendTimes: [UInt64] = []

    /// Begins after a number.
    init(after last: UInt64) {
        before = last
        sent = last
        acknowledged = last
    }

    /// Takes the next number to send.
    ///
    /// - Parameter time: Nanoseconds of the monotonic clock.
    /// - Returns: The number, or nil if none may be sent now.
    mutating func next(at time: UInt64) -> UInt64? {
        guard sent - acknowledged < Self.window, firstWrong == nil else { return nil }
        sent += 1
        sendTimes.append(time)
        return sent
    }

    /// Takes an answer; they come in the order of the numbers.
    mutating func receive(_ line: String, at time: UInt64) {
        guard acknowledged < sent, line == "OK \(acknowledged + 1)" else {
            firstWrong = firstWrong ?? line
            return
        }
        acknowledged += 1
        longestCommit = max(longestCommit, time - sendTimes.removeFirst())
    }

    /// True when every number that was sent is acknowledged.
    var isSettled: Bool { acknowledged == sent }

    /// What the database must answer when it is asked for the digest of all numbers up to the last acknowledged one.
    var expectedDigest: String {
        var digest = TransactionDigest()
        for number in 1...max(acknowledged, 1) where number <= acknowledged {
            digest.add(NumberedTransaction(number: number))
        }
        return "OK \(digest.count) \(digest.value)"
    }
}
