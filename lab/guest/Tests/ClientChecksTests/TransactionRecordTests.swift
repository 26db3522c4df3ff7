@testable internal import ClientChecks
internal import GuestSupport
internal import Testing

@Suite struct TransactionRecordTests {
    @Test func sendsNoMoreThanItsWindow() {
        var record = TransactionRecord(after: 10)
        let sent = (0..<9).compactMap { _ in record.next(at: 0) }
        #expect(sent == [11, 12, 13, 14])
        record.receive("OK 11", at: 5)
        #expect(record.next(at: 6) == 15)
        #expect(record.acknowledged == 11 && !record.isSettled)
        #expect(record.longestCommit == 5)
    }

    @Test(arguments: ["OK 12", "ERROR disk I/O error", "OK 10"])
    func anAnswerThatIsNotTheNextOneEndsIt(line: String) {
        var record = TransactionRecord(after: 10)
        _ = record.next(at: 0)
        record.receive(line, at: 1)
        #expect(record.firstWrong == line && record.acknowledged == 10)
        #expect(record.next(at: 2) == nil)
    }

    @Test func expectsEveryAcknowledgedTransaction() {
        var record = TransactionRecord(after: 1)
        _ = record.next(at: 0)
        _ = record.next(at: 0)
        record.receive("OK 2", at: 1)
        var digest = TransactionDigest()
        for number: UInt64 in 1...2 { digest.add(NumberedTransaction(number: number)) }
        #expect(record.expectedDigest == "OK 2 \(digest.value)")
        #expect(TransactionRecord(after: 0).expectedDigest == "OK 0 \(TransactionDigest().value)")
    }
}
