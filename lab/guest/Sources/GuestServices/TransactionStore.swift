internal import GuestSupport

/// A database of numbered transactions, each of which moves an amount between two accounts.
final class TransactionStore {
    private let path: String
    private var database: Database

    /// Opens the store, or makes it.
    ///
    /// - Parameter path: The database's file.
    /// - Throws: ``Database/Failure``.
    init(path: String) throws(Database.Failure) {
        self.path = path
        database = try Database(path: path)
        try database.run(
            """
            CREATE TABLE IF NOT EXISTS entry
                (number INTEGER PRIMARY KEY, source INTEGER, target INTEGER, amount INTEGER, note TEXT)
            """)
        try database.run("CREATE TABLE IF NOT EXISTS account (id INTEGER PRIMARY KEY, balance INTEGER)")
        try database.run("CREATE INDEX IF NOT EXISTS by_note ON entry (note)")
        for id in 0..<NumberedTransaction.accounts {
            try database.run("INSERT OR IGNORE INTO account VALUES (?, 0)", [.number(Int64(id))])
        }
    }

    /// Carries a transaction out, and returns when it is committed.
    ///
    /// - Parameter number: The number; it must be new.
    /// - Throws: ``Database/Failure``; nothing of the transaction is done then.
    func commit(_ number: UInt64) throws(Database.Failure) {
        let transaction = NumberedTransaction(number: number)
        let amount = Int64(transaction.amount)
        try database.run("BEGIN IMMEDIATE")
        do {
            try database.run(
                "INSERT INTO entry VALUES (?, ?, ?, ?, ?)",
                [
                    .number(Int64(clamping: number)), .number(Int64(transaction.from)),
                    .number(Int64(transaction.to)), .number(amount), .text(Array(transaction.note.utf8)),
                ])
            let move = "UPDATE account SET balance = balance + ? WHERE id = ?"
            try database.run(move, [.number(-amount), .number(Int64(transaction.from))])
            try database.run(move, [.number(amount), .number(Int64(transaction.to))])
            try database.run("COMMIT")
        } catch {
            // Fails itself when SQLite has rolled back already.
            try? database.run("ROLLBACK")
            throw error
        }
    }

    /// The largest number that is committed; 0 without any.
    func last() throws(Database.Failure) -> UInt64 {
        UInt64(try database.number("SELECT max(number) FROM entry") ?? 0)
    }

    /// Reads transactions back.
    ///
    /// - Parameter numbers: Which ones.
    /// - Returns: Their digest, as far as they are there.
    /// - Throws: ``Database/Failure``.
    func digest(_ numbers: ClosedRange<UInt64>) throws(Database.Failure) -> TransactionDigest {
        var digest = TransactionDigest()
        try database.run(
            "SELECT number, source, target, amount, note FROM entry WHERE number BETWEEN ? AND ? ORDER BY number",
            [.number(Int64(clamping: numbers.lowerBound)), .number(Int64(clamping: numbers.upperBound))]
        ) { row in
            guard row.count == 5, case .number(let number) = row[0], case .number(let from) = row[1],
                case .number(let to) = row[2], case .number(let amount) = row[3], case .text(let note) = row[4]
            else { return }
            digest.add(
                number: UInt64(clamping: number), from: Int(from), to: Int(to), amount: Int(amount), note: note)
        }
        return digest
    }

    /// Has SQLite check the whole database, and checks that all amounts add up to the balances.
    ///
    /// - Returns: What is wrong, or nil.
    /// - Throws: ``Database/Failure``.
    func damage() throws(Database.Failure) -> String? {
        var findings: [String] = []
        try database.run("PRAGMA integrity_check") { row in
            if case .text(let words)? = row.first { findings.append(String(decoding: words, as: UTF8.self)) }
        }
        guard findings == ["ok"] else { return findings.joined(separator: "; ") }
        let wrong = try database.number(
            """
            SELECT count(*) FROM account WHERE balance !=
                (SELECT coalesce(sum(amount), 0) FROM entry WHERE target = id)
                - (SELECT coalesce(sum(amount), 0) FROM entry WHERE source = id)
            """)
        return wrong == 0 ? nil : "\(wrong ?? -1) balances do not match the transactions"
    }
}
