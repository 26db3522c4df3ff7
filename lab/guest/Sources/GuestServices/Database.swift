internal import CSQLite
internal import Glibc

/// An open SQLite database, in WAL mode with full synchronisation: a commit that has returned is on the disk.
final class Database {
    /// SQLite refused something: what, and its words.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// A value of a row.
    enum Value {
        case number(Int64)
        case text([UInt8])
    }

    private let handle: OpaquePointer
    private var statements: [String: OpaquePointer] = [:]

    /// Opens a database, or makes it.
    ///
    /// - Parameter path: The file.
    /// - Throws: ``Failure``.
    init(path: String) throws(Failure) {
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(path, &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nil)
        guard let opened else { throw Failure(description: "sqlite3_open_v2 of \(path) failed: code \(code)") }
        handle = opened
        guard code == SQLITE_OK else { throw failure("open \(path)") }
        try run("PRAGMA journal_mode = WAL")
        try run("PRAGMA synchronous = FULL")
    }

    deinit {
        for statement in statements.values { sqlite3_finalize(statement) }
        // WAL and database are left as they are when this cannot end in order.
        sqlite3_close_v2(handle)
    }

    /// Runs a statement, which is prepared once, to its end.
    ///
    /// - Parameters:
    ///   - text: The statement.
    ///   - values: The values of its parameters.
    ///   - row: Takes each row.
    /// - Throws: ``Failure``.
    func run(_ text: String, _ values: [Value] = [], row: ([Value]) -> Void = { _ in }) throws(Failure) {
        let statement = try prepare(text)
        defer {
            sqlite3_reset(statement)
            sqlite3_clear_bindings(statement)
        }
        for (index, value) in values.enumerated() {
            guard Self.bind(statement, Int32(index + 1), value) == SQLITE_OK else { throw failure(text) }
        }
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_ROW:
                row((0..<sqlite3_column_count(statement)).map { Self.column(statement, $0) })
            case SQLITE_DONE: return
            default: throw failure(text)
            }
        }
    }

    /// The first column of a statement's first row, as a number; nil when there is none.
    func number(_ text: String, _ values: [Value] = []) throws(Failure) -> Int64? {
        var found: Int64?
        try run(text, values) { row in
            if found == nil, case .number(let number)? = row.first { found = number }
        }
        return found
    }

    private func prepare(_ text: String) throws(Failure) -> OpaquePointer {
        if let statement = statements[text] { return statement }
        var statement: OpaquePointer?
        guard sqlite3_prepare_v2(handle, text, -1, &statement, nil) == SQLITE_OK, let statement else {
            throw failure(text)
        }
        statements[text] = statement
        return statement
    }

    private static func bind(_ statement: OpaquePointer, _ index: Int32, _ value: Value) -> Int32 {
        switch value {
        case .number(let number): return sqlite3_bind_int64(statement, index, number)
        case .text(let bytes):
            return bytes.withUnsafeBufferPointer { pointer in
                pointer.withMemoryRebound(to: CChar.self) { text in
                    // All ones is SQLITE_TRANSIENT: SQLite makes a copy of its own.
                    sqlite3_bind_text(
                        statement, index, text.baseAddress, Int32(text.count),
                        unsafeBitCast(-1, to: sqlite3_destructor_type.self))
                }
            }
        }
    }

    private static func column(_ statement: OpaquePointer, _ index: Int32) -> Value {
        guard sqlite3_column_type(statement, index) == SQLITE_TEXT, let text = sqlite3_column_text(statement, index)
        else { return .number(sqlite3_column_int64(statement, index)) }
        let count = Int(sqlite3_column_bytes(statement, index))
        return .text(Array(UnsafeBufferPointer(start: text, count: count)))
    }

    private func failure(_ text: String) -> Failure {
        Failure(description: "\(text): \(String(cString: sqlite3_errmsg(handle)))")
    }
}
