@testable internal import GuestServices
internal import Glibc
internal import GuestSupport
internal import Testing

@Suite struct TransactionStoreTests {
    /// A folder that ends with its test.
    private final class Scratch {
        let folder: String
        var database: String { "\(folder)/database" }

        init() throws {
            var template = Array("/tmp/store-XXXXXX".utf8CString)
            try #require(mkdtemp(&template) != nil)
            folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }

        deinit {
            for suffix in ["", "-wal", "-shm"] { unlink("\(database)\(suffix)") }
            rmdir(folder)
        }
    }

    private func expected(_ numbers: ClosedRange<UInt64>) -> TransactionDigest {
        var digest = TransactionDigest()
        for number in numbers { digest.add(NumberedTransaction(number: number)) }
        return digest
    }

    @Test func transactionsAreThereAfterReopening() throws {
        let scratch = try Scratch()
        do {
            let store = try TransactionStore(path: scratch.database)
            #expect(try store.last() == 0)
            for number: UInt64 in 1...40 { try store.commit(number) }
        }
        let store = try TransactionStore(path: scratch.database)
        #expect(try store.last() == 40)
        #expect(try store.damage() == nil)
        let digest = try store.digest(1...40)
        #expect(digest.count == 40 && digest.value == expected(1...40).value)
    }

    @Test func aMissingTransactionShows() throws {
        let scratch = try Scratch()
        let store = try TransactionStore(path: scratch.database)
        for number: UInt64 in [1, 2, 4] { try store.commit(number) }
        let digest = try store.digest(1...4)
        #expect(digest.count == 3 && digest.value != expected(1...4).value)
    }

    @Test func aNumberIsNotCommittedTwice() throws {
        let scratch = try Scratch()
        let store = try TransactionStore(path: scratch.database)
        try store.commit(1)
        #expect(throws: Database.Failure.self) { try store.commit(1) }
        try store.commit(2)
        #expect(try store.damage() == nil)
    }

    @Test func aBalanceThatDoesNotMatchShows() throws {
        let scratch = try Scratch()
        let store = try TransactionStore(path: scratch.database)
        try store.commit(1)
        let database = try Database(path: scratch.database)
        try database.run("UPDATE account SET balance = balance + 1 WHERE id = 3")
        #expect(try store.damage() == "1 balances do not match the transactions")
    }

    @Test func transactionsDiffer() {
        let all = (1...200).map { NumberedTransaction(number: $0) }
        #expect(all.allSatisfy { $0.from != $0.to && $0.note.utf8.count <= 2000 })
        #expect(Set(all.map(\.note)).count == all.count)
    }
}
