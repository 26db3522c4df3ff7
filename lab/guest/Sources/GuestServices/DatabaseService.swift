package import GuestSupport

/// Commits numbered transactions for clients, and answers each when it is on the disk.
package struct DatabaseService {
    /// The port that the guest image uses.
    package static let defaultPort: UInt16 = 7003

    private let server: LineServer
    private let cache: String?
    private var path: String?
    private var store: TransactionStore?

    /// Listens on `port`, or on any free port for 0.
    ///
    /// - Parameters:
    ///   - port: The TCP port.
    ///   - cache: The kernel's file that drops the page cache; nil leaves the cache alone.
    /// - Throws: ``SystemError`` when the port cannot be had.
    package init(port: UInt16, cache: String? = PageCache.control) throws(SystemError) {
        server = try LineServer(port: port)
        self.cache = cache
    }

    /// The port that the service listens on.
    package var port: UInt16 { server.port }

    /// Serves clients until the process ends.
    package mutating func run() throws(SystemError) -> Never {
        while true { try step(until: nil) }
    }

    /// Waits for the next events, at most until a deadline of the monotonic clock, and serves them.
    package mutating func step(until deadline: UInt64?) throws(SystemError) {
        for event in try server.wait(until: deadline) {
            if case .line(let id, let line) = event { server.send("\(answer(line))\n", to: id) }
        }
    }

    private mutating func answer(_ line: String) -> String {
        let words = line.split(separator: " ").map(String.init)
        do {
            switch (words.first, words.count) {
            case ("OPEN", 2):
                store = nil
                store = try TransactionStore(path: words[1])
                path = words[1]
                return "OK open"
            case ("CLOSE", 1):
                store = nil
                path = nil
                return "OK closed"
            case ("CHECK", 1): return try check()
            default: break
            }
            guard let store else { return "ERROR wanted first: OPEN <file>" }
            switch (words.first, words.count) {
            case ("PUT", 2):
                guard let number = UInt64(words[1]), number > 0 else { return "ERROR a number is from 1: \(words[1])" }
                try store.commit(number)
                return "OK \(number)"
            case ("LAST", 1): return "OK \(try store.last())"
            case ("DIGEST", 3):
                guard let first = UInt64(words[1]), let last = UInt64(words[2]), first <= last else {
                    return "ERROR wanted: DIGEST <first number> <last number>"
                }
                let digest = try store.digest(first...last)
                return "OK \(digest.count) \(digest.value)"
            default:
                return "ERROR wanted: OPEN <file>, CLOSE, PUT <number>, LAST, DIGEST <first> <last> or CHECK"
            }
        } catch { return "ERROR \(error)" }
    }

    /// Checks the database as the disk has it, through a connection that has read nothing before.
    ///
    /// The earlier connection stays open meanwhile: the last one that closes would move the log into the database.
    private mutating func check() throws -> String {
        guard let path else { return "ERROR no database is open" }
        if let cache { try PageCache.drop(by: cache) }
        let fresh = try TransactionStore(path: path)
        let damage = try fresh.damage()
        store = fresh
        return damage.map { "WRONG \($0)" } ?? "OK checked"
    }
}
